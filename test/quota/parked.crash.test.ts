import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { OdwProcess } from '../support/odw.ts';
import { RefusingProject, runIdOf, until } from './support.ts';

let project: RefusingProject;
let runs: OdwProcess[] = [];
afterEach(async () => {
  for (const run of runs) {
    if (run.child.exitCode === null) run.child.kill('SIGKILL');
    await run.end;
  }
  runs = [];
  await project.odw(['server', 'stop'], { ODW_HOME: join(project.dir, 'home') });
  project.remove();
});

/** Starts odw with a server of its own, so that no other test brings it back. */
class OwnServer extends RefusingProject {
  override get env(): NodeJS.ProcessEnv {
    return { ...super.env, ODW_HOME: join(this.dir, 'home') };
  }

  get server(): number {
    return (JSON.parse(readFileSync(join(this.dir, 'home', 'server.json'), 'utf8')) as { pid: number }).pid;
  }
}

const thirty = `return (await parallel(Array.from({ length: 30 }, (_, i) => () => agent('node ' + i, { label: 'n' + i })))).filter((text) => typeof text === 'string').length`;

it('QUOTA-02 QUOTA-03 QUOTA-04 PAIN-03 a quota at node 10 of 30 survives the end of host and server: all nodes finish after the reset, none with an attempt used', async () => {
  const own = new OwnServer(thirty, { after: 10, category: 'quota', forMs: 12_000, workMs: 20 });
  project = own;
  const first = own.exec('--concurrency', '4');
  runs.push(first);
  const runId = await runIdOf(first);
  await first.until(/running -> parked reason=quota/, 60_000);
  const before = own.calls();
  const untilMs = Number(readFileSync(join(own.dir, 'until'), 'utf8'));
  expect(before.filter(({ refused }) => refused).length).toBeLessThanOrEqual(4);
  first.child.kill('SIGKILL');
  process.kill(own.server, 'SIGKILL');
  await first.end;

  const second = own.exec('--resume', 'latest');
  runs.push(second);
  const end = await second.end;
  expect([end.code, end.runId]).toEqual([0, runId]);
  expect(own.state(runId).result).toBe(30);
  const calls = own.calls();
  expect(calls.filter(({ refused }) => !refused)).toHaveLength(30);
  // Nobody was sent between the refusals and the reset.
  await until(() => own.run(runId).state === 'completed', 'the run is completed');
  expect(calls.filter(({ refused, startMs }) => refused && startMs < untilMs).length).toBe(before.filter(({ refused }) => refused).length);
  expect([own.count(runId, 'agent_start'), own.count(runId, 'agent_retry'), own.count(runId, 'agent_done')]).toEqual([30, 0, 30]);
  const attempts = own.events(runId).flatMap((event) => (event['type'] === 'agent_done' ? [event['attempt']] : []));
  expect(new Set(attempts)).toEqual(new Set([1]));
});
