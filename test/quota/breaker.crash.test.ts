import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { answer, failure, Interpreter, type ScriptRun } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const real = { backend: 'pandacode' } as const;
const of = (run: ScriptRun, type: string) => run.events.filter((event) => event.type === type);
const states = (run: ScriptRun) => of(run, 'run_state').map(({ from, to, reason }) => `${String(from)}>${String(to)} ${String(reason)}`);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Held = NonNullable<NodeOutcome['held']>;

function refused(kind: Held['class'], inMs?: number, category = kind === 'rate' ? 'rate_limit' : kind): NodeOutcome {
  return { ...failure(category, `no ${kind}`), held: { class: kind, account: 'a1', ...(inMs === undefined ? {} : { untilMs: Date.now() + inMs }) } };
}

/** A provider that serves nothing between two moments, and notes what reached it meanwhile. */
class Provider {
  readonly refusals: NodeRequest[] = [];
  private untilMs: number | undefined;
  private served = 0;

  constructor(
    private readonly kind: Held['class'],
    private readonly after: number,
    private readonly forMs: number,
    private readonly told = true,
  ) {}

  agent = async (request: NodeRequest): Promise<NodeOutcome> => {
    await sleep(20);
    const now = Date.now();
    if (this.untilMs === undefined && this.served >= this.after) this.untilMs = now + this.forMs;
    if (this.untilMs !== undefined && now < this.untilMs) {
      this.refusals.push(request);
      return refused(this.kind, this.told ? this.untilMs - now : undefined);
    }
    this.served++;
    return answer(request.prompt, 10);
  };
}

describe('a provider that is used up', () => {
  it('QUOTA-02 QUOTA-03 QUOTA-04 RETRY-06 stops dispatch, parks the run until the reset and lets all nodes finish, none with an attempt used', async () => {
    const provider = new Provider('quota', 12, 5000);
    const run = await interpreter.run(`return (await parallel(Array.from({ length: 30 }, (_, i) => () => agent('n' + i)), { max: 4 })).map(String)`, {
      options: { ...real, concurrency: 4 },
      agent: provider.agent,
    });
    expect(run.status).toBe('completed');
    expect(run.result).toEqual(Array.from({ length: 30 }, (_, i) => `n${i}`));
    expect(provider.refusals.length).toBeGreaterThanOrEqual(1);
    expect(provider.refusals.length).toBeLessThanOrEqual(4);
    expect(new Set(run.requests.map((request) => request.attempt))).toEqual(new Set([1]));
    expect(of(run, 'agent_retry')).toEqual([]);
    expect(of(run, 'agent_done').every((event) => event['ok'] === true)).toBe(true);
    const [park] = of(run, 'park');
    expect(park).toMatchObject({
      reason: 'quota',
      scope: 'provider:claude',
      provider: 'claude',
      account: 'a1',
      source: 'reported',
      message: 'claude is used up: no quota',
    });
    expect(String(park?.['fix'])).toContain(`odw unpause ${run.runId}`);
    expect(states(run)).toEqual(expect.arrayContaining(['running>parked quota']));
    expect(of(run, 'agent_wait')).toHaveLength(provider.refusals.length);
    for (const event of of(run, 'agent_wait')) expect(event['reason']).toBe('quota: claude');
    // Each of them went on as the same attempt, session and node.
    for (const held of provider.refusals) {
      const again = run.requests.filter((request) => request.key === held.key && request !== held);
      expect(again).toMatchObject([{ session: held.session, attempt: 1, held: 1 }]);
    }
  });

  it('QUOTA-05 nodes of other providers go on', async () => {
    let codex = 0;
    const order: string[] = [];
    const run = await interpreter.run(
      `const one = agent('c');
       const two = []; for (let i = 0; i < 5; i++) two.push(await agent('x' + i, { runtime: 'codex' }));
       return [two.length, await one]`,
      {
        options: real,
        agent: async (request) => {
          await sleep(20);
          const outcome = request.runtime === 'claude' && codex < 5 ? refused('quota', 500) : answer(request.prompt);
          if (request.runtime === 'codex') codex++;
          order.push(`${request.runtime} ${outcome.status}`);
          return outcome;
        },
      },
    );
    expect(run.result).toEqual([5, 'c']);
    expect(order.at(-1)).toBe('claude ok');
    expect(order.filter((one) => one === 'codex ok')).toHaveLength(5);
    expect(of(run, 'park').length).toBeGreaterThanOrEqual(1);
  });

  it('QUOTA-02 a trial that is refused parks again; only the trial was sent', async () => {
    let asked = 0;
    const run = await interpreter.run(`return await parallel([1, 2, 3, 4, 5, 6].map((i) => () => agent('n' + i)))`, {
      options: { ...real, concurrency: 6 },
      agent: async (request) => {
        await sleep(10);
        return ++asked <= 7 ? refused('quota', 800) : answer(request.prompt);
      },
    });
    expect(run.result).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
    // Six at once, one trial that is refused, one that is served, and the other five.
    expect(run.requests).toHaveLength(13);
    expect(states(run)).toContain('running>parked quota');
  });

  it('QUOTA-04 a reset that was over when the refusal was heard is tried within seconds, not minutes', async () => {
    const run = await interpreter.run(`return await agent('x')`, { options: { ...real, maxParkMs: 200 }, agent: () => refused('quota', -60_000) });
    const [park] = of(run, 'park');
    expect([run.status, park?.['source']]).toEqual(['failed', 'estimated']);
    const waitMs = Date.parse(String(park?.['until'])) - Date.parse(String(park?.['ts']));
    expect(waitMs).toBeGreaterThanOrEqual(9_900);
    expect(waitMs).toBeLessThanOrEqual(11_100);
  });

  it('QUOTA-05 --max-park ends the run as failed, with what to do, and not as a failure of a node', async () => {
    const run = await interpreter.run(`return await agent('x')`, { options: { ...real, maxParkMs: 1200 }, agent: () => refused('quota', 600_000) });
    expect(run).toMatchObject({ status: 'failed', error: expect.stringMatching(/claude is used up.*--max-park.*odw exec --resume/) as string });
    expect(of(run, 'agent_done')).toEqual([]);
    expect(of(run, 'workflow_error')).toHaveLength(1);
  });
});

describe('429', () => {
  it('RATE-02 of a burst of 20 none is lost and none uses an attempt', async () => {
    let inFlight = 0;
    const provider = async (request: NodeRequest): Promise<NodeOutcome> => {
      const limited = ++inFlight > 8;
      await sleep(60);
      inFlight--;
      return limited ? refused('rate', 400) : answer(request.prompt);
    };
    const run = await interpreter.run(`return (await parallel(Array.from({ length: 20 }, (_, i) => () => agent('n' + i)))).length`, {
      options: { ...real, concurrency: 20 },
      agent: provider,
    });
    expect(run.result).toBe(20);
    expect(of(run, 'agent_done').filter((event) => event['ok'] === true)).toHaveLength(20);
    expect(of(run, 'agent_retry')).toEqual([]);
    expect(of(run, 'agent_wait').length).toBeGreaterThan(0);
    for (const event of of(run, 'agent_wait')) expect(event['reason']).toBe('rate: claude');
  });
});

describe('passing trouble', () => {
  it('RETRY-06 is waited for a few times, then the failure is the value', async () => {
    const run = await interpreter.run(
      `return await parallel([() => agent('a'), () => agent('b', { maxAttempts: 2, retry: { backoff: 1, maxAttempts: 2 } })])`,
      {
        options: real,
        agent: (request) => {
          const outcome = { ...failure('overloaded', 'busy', true) };
          return request.hold === 'all' ? { ...outcome, held: { class: 'overloaded' as const } } : outcome;
        },
      },
    );
    expect(run.result).toMatchObject([{ error: { category: 'overloaded', retryable: true } }, { error: { category: 'overloaded' } }]);
    const asked = (prompt: string) => run.requests.filter((request) => request.prompt === prompt);
    // Without attempts of its own it waits three times; with them those are what counts.
    expect(asked('a').map((request) => request.hold)).toEqual(['all', 'all', 'all', 'provider']);
    expect(asked('b').map((request) => [request.attempt, request.hold])).toEqual([
      [1, 'provider'],
      [2, 'provider'],
    ]);
    expect(of(run, 'park')).toEqual([]);
  });

  it('FAIL-02 what the executor does not hold comes back as before', async () => {
    const run = await interpreter.run(`return await agent('x')`, { options: real, agent: () => failure('codexctl_auth', 'no key') });
    expect(run.result).toMatchObject({ ok: false, error: { category: 'codexctl_auth' } });
    const mock = await interpreter.run(`return await agent('x')`, { agent: () => failure('quota', 'used up') });
    expect(mock.result).toMatchObject({ ok: false, error: { category: 'quota' } });
    expect(mock.requests[0]).not.toHaveProperty('hold');
  });
});
