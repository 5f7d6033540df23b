import { afterEach, expect, it, vi } from 'vitest';
import { accountOf } from '../../activities/provider-cap/account.ts';
import { readSlots, slotFile } from '../../activities/provider-cap/slot-file.ts';
import { odwHome } from '../../system/paths.ts';
import type { OdwProcess } from '../support/odw.ts';
import { RefusingProject, until } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

const projects: RefusingProject[] = [];
const runs: OdwProcess[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) {
    if (run.child.exitCode === null) run.child.kill('SIGKILL');
    await run.end;
  }
  for (const project of projects.splice(0)) project.remove();
});

// An account of its own: other tests use the same machine.
const key = `sk-test-${process.pid}-throttled`;
const account = accountOf('claude', { ANTHROPIC_API_KEY: key });
const notBeforeMs = () => readSlots(slotFile(odwHome(), 'claude')).learnt[account]?.width.notBeforeMs ?? 0;

class Throttled extends RefusingProject {
  override get env(): NodeJS.ProcessEnv {
    return { ...super.env, ODW_EXECUTOR_FEATURES: 'dispatch-id,events-file', ANTHROPIC_API_KEY: key };
  }
}

function start(...args: ConstructorParameters<typeof RefusingProject>): Throttled {
  const project = new Throttled(...args);
  projects.push(project);
  runs.push(project.exec('--concurrency', '4', '--prefix-stagger-ms', '0'));
  return project;
}

it('RATE-02 RATE-01 a 429 that a vendor’s tool waits out by itself holds back the nodes of other runs as long as it asks', async () => {
  const waitMs = 12_000;
  const first = start(`return await agent('one')`, { throttledMs: waitMs, workMs: waitMs + 2000 });
  await until(() => first.calls().length === 1, 'the first executor started');
  const { startMs } = first.calls()[0]!;
  await until(() => notBeforeMs() >= startMs + waitMs, 'the machine knows of the wait');
  const second = start(`return (await parallel([1, 2].map((n) => () => agent('two ' + n)))).length`, { workMs: 50 });
  const [one, two] = await Promise.all(runs.map(({ end }) => end));
  expect([one!.code, two!.code, first.state(one!.runId!).result, second.state(two!.runId!).result]).toEqual([0, 0, 'done exec', 2]);
  expect(first.calls()).toHaveLength(1);
  // The second run was there in time to meet it.
  for (const call of second.calls()) expect(call.startMs).toBeGreaterThanOrEqual(startMs + waitMs);
  expect([second.count(two!.runId!, 'agent_wait'), second.count(two!.runId!, 'park')]).toEqual([0, 0]);
});
