import { afterAll, beforeAll, expect, it } from 'vitest';
import { Interpreter } from '../support/interpreter.ts';

let interpreter: Interpreter;
beforeAll(async () => {
  interpreter = await Interpreter.start();
});
afterAll(() => interpreter.close());

const script = `const before = odw.runId; await agent('work', { isolation: 'worktree', label: 'Tree' }); return [before, odw.runId, odw.runDir, odw.statePath]`;

it('CLI-09 a run that a schedule starts takes id and folder from its execution, in the script and in what nodes are told', async () => {
  const run = await interpreter.run(script, { schedule: 'nightly' });
  const [request] = run.requests;
  const runDir = `${request!.root}/.odw/runs/${run.runId}`;
  expect(run.result).toEqual([run.runId, run.runId, runDir, `${runDir}/state.json`]);
  expect(request).toMatchObject({ runId: run.runId, runDir });
  expect(request!.session.startsWith(`${run.runId}-Tree`)).toBe(true);
  expect(request!.worktree).toMatchObject({ refName: `refs/odw/${run.runId}/Tree-1` });
});

it('names worktrees and refs so that git takes them: the id of a scheduled run holds colons', async () => {
  const run = await interpreter.run(script, { schedule: 'nightly', runId: 'nightly-2026-11-21T09:00:00Z' });
  expect(run.runId).toMatch(/^nightly-2026-11-21T09:00:00Z/);
  const name = run.runId.replaceAll(':', '-');
  expect(run.requests[0]!.worktree?.refName).toBe(`refs/odw/${name}/Tree-1`);
  expect(run.requests[0]!.worktree?.dir).toMatch(new RegExp(`/trees/${name}/Tree-1$`));
  expect(run.requests[0]!.session).not.toContain(':');
});

it('any other run keeps what its input says', async () => {
  const run = await interpreter.run(script);
  expect((run.result as string[]).slice(0, 2)).toEqual([run.runId, run.runId]);
  expect(run.events[0]).toMatchObject({ type: 'workflow_start' });
});
