import { afterEach, expect, it, vi } from 'vitest';
import { dispatchedIn, historiesOf } from '../support/executions.ts';
import { Project, startOdw } from '../support/odw.ts';
import { otherVersion } from '../support/other-bundle.ts';

vi.setConfig({ testTimeout: 300_000 });

let project: Project;
afterEach(() => project.remove());

const nodes = 48;
const env = { ODW_CONTINUE_AFTER_EVENTS: '30' };
const script = (last = 'return budget.spent();') => `for (let i = 0; i < ${nodes}; i++) await agent('n' + i, { mockTokens: 1 });\n${last}`;
const started = (runId: string) => project.events(runId).flatMap(({ type, promptPreview }) => (type === 'agent_start' ? [String(promptPreview)] : []));

/** Runs until so many events have come, those that are played again counted anew, and kills the host there. */
async function killAt(args: string[], event: number): Promise<{ runId: string; killed: boolean }> {
  const host = startOdw(args, { cwd: project.dir, env: { ...env, ODW_DEBUG_POINT: `on-event:kill:${event}` } });
  const end = await host.end;
  return { runId: end.runId as string, killed: end.signal === 'SIGKILL' };
}

it('ART-02 PROC-04 EXPL-03 a host killed right before, in and right after the switch loses nothing and doubles nothing; a resume after an edit runs one node', async () => {
  project = new Project({ 'a.js': script() });
  let { runId, killed } = await killAt(['exec', '--script', 'a.js', '--no-report'], 17);
  // After a switch, the new execution tells all events again: the second half of these fall into that.
  for (const more of [2, 24, 4, 40, 6, 60]) {
    if (!killed) break;
    ({ runId, killed } = await killAt(['resume', runId, '--no-report'], project.events(runId).length + more));
  }
  const end = killed ? await project.odw(['resume', runId, '--no-report'], env) : undefined;
  expect(end?.code ?? 0, end?.stderr).toBe(0);
  expect(project.run(runId).status).toBe('completed');
  expect(project.state(runId).result).toBe(nodes);
  const histories = await historiesOf(runId);
  expect(histories.length).toBeGreaterThanOrEqual(4);
  const dispatched = dispatchedIn(histories);
  expect([dispatched.length, new Set(dispatched).size]).toEqual([nodes, nodes]);
  expect([...new Set(started(runId))]).toHaveLength(nodes);

  project.write('a.js', script().replace(`'n' + i`, `i === 17 ? 'edited' : 'n' + i`));
  const told = await project.odw(['resume', runId, '--explain', '--json']);
  expect(JSON.parse(told.stdout)).toMatchObject({ totals: { reuse: nodes - 1, rerun: 1 } });
  const edited = await project.odw(['resume', runId, '--no-report'], env);
  expect(edited.code, edited.stderr).toBe(0);
  expect(started(edited.runId as string)).toEqual(['edited']);
});

it('RES-02 RES-03 an open run that went on in new executions is replaced by an edited script: what is finished is reused', async () => {
  project = new Project({ 'a.js': script() });
  const { runId, killed } = await killAt(['exec', '--script', 'a.js', '--no-report'], 120);
  expect(killed).toBe(true);
  const finished = new Set(project.events(runId).flatMap(({ type, key }) => (type === 'agent_done' ? [key] : []))).size;
  expect((await historiesOf(runId)).length).toBeGreaterThanOrEqual(2);
  project.write('a.js', script().replace(`'n' + i`, `i === ${nodes - 1} ? 'edited' : 'n' + i`));
  const end = await project.odw(['resume', runId, '--no-report'], env);
  expect(end.code, end.stderr).toBe(0);
  const id = end.runId as string;
  expect(id).not.toBe(runId);
  expect(started(id)).toContain('edited');
  // One more may have ended on the server that the killed host did not tell of.
  expect(started(id).length).toBeLessThanOrEqual(nodes - finished);
  expect(started(id).length).toBeGreaterThanOrEqual(nodes - finished - 2);
});

it('RES-03 a run of another version that went on in new executions is reused from all of their histories', async () => {
  project = new Project({ 'a.js': script(`if (!input) throw new Error('no'); return budget.spent();`) });
  const other = otherVersion(project.dir);
  const first = await project.odw(['exec', '--script', 'a.js', '--no-report'], { ...env, ...other });
  expect(first.code).toBe(1);
  expect((await historiesOf(first.runId as string)).length).toBeGreaterThanOrEqual(3);
  const again = await project.odw(['resume', first.runId as string, '--input', 'yes', '--no-report'], env);
  expect(again.code, again.stderr).toBe(0);
  expect(started(again.runId as string)).toEqual([]);
  expect(project.state(again.runId as string).result).toBe(nodes);
});
