import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dispatchedIn, historiesOf, withClient } from '../support/executions.ts';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

// 60 nodes and everything else that a run can take in: groups, retries with a wait, timers, schemas, checkpoints, failures, a child.
const script = `export const meta = { name: 'long', phases: [{ title: 'one' }, { title: 'two' }] };
const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
phase('one');
const first = await parallel(Array.from({ length: 16 }, (_, i) => () => agent(\`first \${i}\`, { mockTokens: 3 })), { label: 'sixteen' });
checkpoint('first', first.length);
phase('two');
const seen = [];
const later = new Promise((resolve) => setTimeout(() => { seen.push('timer'); log('the timer has ended'); resolve(); }, 4000));
const never = setTimeout(() => log('never'), 600000);
const second = await pipeline([1, 2, 3, 4, 5, 6, 7, 8], (i) => agent(\`second \${i}\`, { schema, mockValue: { n: i }, mockTokens: 1 }), (r, i) => agent(\`third \${i} \${JSON.stringify(r)}\`, { mockTokens: 1 }));
const child = await workflow('./child.js', { n: 2 });
for (let i = 0; i < 24; i++) await agent(\`one after another \${i}\`, { mockTokens: 2 });
clearTimeout(never);
await agent('fails', { mockFail: true, retry: { maxAttempts: 2, backoffMs: 20 } });
console.error('to stderr');
await later;
const last = await agent('last', { mockTokens: 1 });
return { first: first.length, second: second.length, child, failures: odw.failures().length, spent: budget.spent(), total: budget.total, seen, chk: checkpoint.get('first'), last: last.ok };`;
const child = `const r = []; for (let i = 0; i < input.n; i++) r.push(await agent('child ' + i, { mockTokens: 1 })); return r.length;`;

const envelope = (text: string) => JSON.parse(text) as { run_id: string; result: unknown };
const files = ['events.jsonl', 'state.json', 'script.js', 'input.raw', 'script-debug.log'];
const filesOf = (runId: string) => Object.fromEntries(files.map((file) => [file, readFileSync(join(project.runDir(runId), file), 'utf8')]));

describe('a run whose history grows too long', () => {
  it('ART-02 goes on in new executions and ends as the undisturbed one, each node dispatched once, its files from the last history alone', async () => {
    project = new Project({ 'long.js': script, 'child.js': child });
    const plain = await project.odw(['exec', '--script', 'long.js', '--budget', '9999', '--json-envelope']);
    const switched = await project.odw(['exec', '--script', 'long.js', '--budget', '9999', '--json-envelope'], { ODW_CONTINUE_AFTER_EVENTS: '60' });
    expect([plain.code, switched.code, switched.stderr]).toEqual([0, 0, plain.stderr]);
    const [a, b] = [envelope(plain.stdout), envelope(switched.stdout)];
    expect(b.result).toEqual(a.result);
    expect(a.result).toMatchObject({ first: 16, second: 8, child: 2, failures: 1, total: 9999, seen: ['timer'], chk: 16, last: true });

    const histories = await historiesOf(b.run_id);
    expect(histories.length).toBeGreaterThanOrEqual(5);
    for (const { events } of histories) expect(events?.length).toBeLessThan(60 + 100);
    const dispatched = dispatchedIn(histories);
    expect(dispatched.toSorted()).toEqual(dispatchedIn(await historiesOf(a.run_id)).toSorted());
    expect(new Set(dispatched).size).toBe(dispatched.length);

    // Nodes in parallel end in any order; all else stands where it stood.
    const told = (runId: string) => project.events(runId).map((event) => JSON.stringify({ ...event, ts: '' }).replaceAll(runId, 'RUN'));
    const alone = (events: string[]) => events.filter((event) => !/"group":"g/.test(event) && !event.includes('the timer has ended'));
    expect(alone(told(b.run_id))).toEqual(alone(told(a.run_id)));
    expect(told(b.run_id).length).toBe(told(a.run_id).length);
    expect(project.records(b.run_id).map(({ seq }) => seq)).toEqual(project.records(b.run_id).map((_, n) => n));

    const before = filesOf(b.run_id);
    rmSync(project.runDir(b.run_id), { recursive: true });
    expect(await project.odw(['runs', 'rebuild', b.run_id])).toMatchObject({ code: 0, stderr: '' });
    expect(filesOf(b.run_id)).toEqual(before);
    expect((await project.odw(['runs', 'rebuild', b.run_id, '--offline'])).code).toBe(0);
    expect(filesOf(b.run_id)['events.jsonl']).toBe(before['events.jsonl']);

    const shown = JSON.parse((await project.odw(['runs', 'show', b.run_id, '--json'])).stdout) as { run?: unknown; status?: unknown };
    expect(JSON.stringify(shown)).toContain('"completed"');
    const again = await project.odw(['exec', '--resume', b.run_id, '--json-envelope']);
    expect(envelope(again.stdout).result).toMatchObject({ first: 16, last: true });
    expect(dispatchedIn(await historiesOf(envelope(again.stdout).run_id))).toHaveLength(1);
  }, 240_000);

  it('keeps memo and search attributes for the Web UI, and new limits', async () => {
    const script = `const some = async (n) => { for (let i = 0; i < n; i++) await agent('n' + i, { mockTokens: 1 }); };
await some(12);
while (budget.total === null) await agent('wait', { mockDelayMs: 100 });
await some(12);
return budget.total;`;
    project = new Project({ 'a.js': script });
    const run = startOdw(['exec', '--script', 'a.js', '--json'], { cwd: project.dir, env: { ODW_CONTINUE_AFTER_EVENTS: '40' } });
    await expect.poll(() => latestRun(), { timeout: 60_000 }).toMatchObject({ temporal_run_id: expect.any(String) as string });
    const runId = latestRun()?.run_id as string;
    await withClient((client) => client.workflow.getHandle(runId).signal('odw_limits', { budget: 777 }));
    const { code, stdout } = await run.end;
    expect([code, stdout]).toEqual([0, '777\n']);
    const histories = await historiesOf(runId);
    expect(histories.length).toBeGreaterThanOrEqual(3);
    const description = await withClient((client) => client.workflow.getHandle(runId).describe());
    expect(description.memo).toMatchObject({ root: project.dir });
    expect(description.searchAttributes['OdwProject']).toEqual([project.dir]);
    expect(project.run(runId).temporal_run_id).toBe(histories[0]?.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId);
    expect(project.events(runId).filter(({ message }) => /budget of 777/.test(String(message)))).toHaveLength(1);
  }, 120_000);
});

function latestRun(): { run_id: string; temporal_run_id: string | null } | undefined {
  try {
    return JSON.parse(readFileSync(join(project.dir, '.odw', 'runs', 'latest.json'), 'utf8')) as { run_id: string; temporal_run_id: string | null };
  } catch {
    return undefined;
  }
}
