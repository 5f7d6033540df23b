import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { historiesOf } from '../support/executions.ts';
import { startFakeLlm, type FakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { emptyHome } from '../support/pandacode.ts';
import { RefusingProject, runIdOf, until } from './support.ts';

let closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

type Refusal = { status: number; headers?: Record<string, string>; message: string };

/** A model vendor in front of the fake one, which refuses while it has a reason. */
class Vendor {
  refusal: Refusal | undefined;
  refused = 0;
  private server!: Server;

  static async start(fake: FakeLlm): Promise<Vendor> {
    const vendor = new Vendor();
    vendor.server = createServer((request, response) => {
      if (vendor.refusal) {
        vendor.refused++;
        response.writeHead(vendor.refusal.status, { 'content-type': 'application/json', ...vendor.refusal.headers });
        return void response.end(JSON.stringify({ error: { message: vendor.refusal.message } }));
      }
      const on = httpRequest(fake.url + request.url, { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      on.on('error', () => response.destroy());
      request.pipe(on);
    });
    await new Promise<void>((resolve) => vendor.server.listen(0, '127.0.0.1', resolve));
    closers.push(() => vendor.server.close());
    return vendor;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

const scenario = (turns: object[]) => `<fake-llm>${JSON.stringify({ turns })}</fake-llm>`;

it.each<[string, Refusal, RegExp]>([
  ['refused credentials', { status: 401, message: 'Incorrect API key provided' }, /running -> parked reason=auth/],
  ['an empty account', { status: 402, message: 'Insufficient Balance' }, /running -> parked reason=quota/],
  ['a long pause', { status: 429, headers: { 'retry-after': '600' }, message: 'Rate limit reached' }, /running -> parked reason=rate/],
])(
  'QUOTA-01 QUOTA-06 %s of a vendor park a run of the shipped executor; it goes on in its session after unpause',
  async (_, refusal, parked) => {
    const fake = await startFakeLlm();
    closers.push(() => fake.close());
    const vendor = await Vendor.start(fake);
    vendor.refusal = refusal;
    const task = (n: number) => `Task ${n}. ${scenario([{ text: `answer ${n}` }])}`;
    const project = new Project({
      'a.js': `return await parallel(${JSON.stringify([task(1), task(2)])}.map((text) => () => agent(text, { runtime: 'bamboo', provider: 'deepseek' })))`,
    });
    closers.push(() => project.remove());
    const env = { HOME: emptyHome(), DEEPSEEK_API_KEY: `sk-test-${process.pid}-${refusal.status}-0123456789`, DEEPSEEK_BASE_URL: vendor.url };
    const run: OdwProcess = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode'], { cwd: project.dir, env });
    closers.push(async () => {
      if (run.child.exitCode === null) run.child.kill('SIGKILL');
      await run.end;
    });
    const runId = await runIdOf(run);
    await run.until(parked, 90_000);
    await until(() => project.events(runId).some((event) => event['type'] === 'park'), 'the journal tells of the park');
    const park = project.events(runId).find((event) => event['type'] === 'park')!;
    expect(park).toMatchObject({
      provider: 'deepseek',
      account: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      message: expect.stringContaining(refusal.message) as string,
    });
    if (refusal.headers) {
      const wait = Date.parse(String(park['until'])) - Date.parse(String(park['ts']));
      expect(wait).toBeGreaterThan(580_000);
      expect(wait).toBeLessThan(661_000);
    }
    vendor.refusal = undefined;
    await until(() => Object.values(project.state(runId).activeAgents).every(({ state }) => state === 'waiting'), 'all nodes wait');
    expect((await project.odw(['unpause', runId])).code).toBe(0);
    const end = await run.end;
    expect([end.code, project.state(runId).result]).toEqual([0, ['answer 1', 'answer 2']]);
    expect(project.events(runId).filter((event) => event['type'] === 'agent_start')).toHaveLength(2);
  },
  240_000,
);

it('QUOTA-04 ART-02 a run that goes on in new executions while it is parked waits for the same reset', async () => {
  const script = `return (await parallel(Array.from({ length: 24 }, (_, i) => () => agent('node ' + i)))).length`;
  const project = new RefusingProject(script, { after: 12, category: 'quota', forMs: 6000, workMs: 20 });
  closers.push(() => project.remove());
  const run = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--concurrency', '4'], {
    cwd: project.dir,
    env: { ...project.env, ODW_CONTINUE_AFTER_EVENTS: '40' },
  });
  const { code, runId, stderr } = await run.end;
  expect([code, stderr, project.state(runId!).result]).toEqual([0, '', 24]);
  expect((await historiesOf(runId!)).length).toBeGreaterThanOrEqual(2);
  const untilMs = Number(project.read('until'));
  const calls = project.calls();
  expect(calls.filter(({ refused }) => !refused)).toHaveLength(24);
  expect(calls.filter(({ refused }) => refused).length).toBeLessThanOrEqual(4);
  // Twelve were served, and at most three in the same moment with them.
  expect(calls.filter(({ startMs }) => startMs >= untilMs).length).toBeGreaterThanOrEqual(24 - 15);
  expect([project.count(runId!, 'agent_start'), project.count(runId!, 'agent_retry')]).toEqual([24, 0]);
}, 240_000);
