import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';

// Each test starts several commands, one after another.
vi.setConfig({ testTimeout: 120_000 });

let project: Project;
afterEach(() => project.remove());

const started = (runId: string) => project.events(runId).filter(({ type }) => type === 'agent_start');
const labels = (runId: string) => started(runId).map(({ label }) => label);
const explain = async (runId: string) => {
  const { code, stdout, stderr } = await project.odw(['exec', '--resume', runId, '--explain', '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as { open: boolean; nodes: { label: string; decision: string; reason: string | null }[]; totals: Record<string, number> };
};
const reasons = async (runId: string) => Object.fromEntries((await explain(runId)).nodes.map(({ label, decision, reason }) => [label, reason ?? decision]));

describe('files that a node of an open run goes by', () => {
  it('EXPL-02 RES-02 an open run goes on with what it hashed, and its resume says what was edited meanwhile', async () => {
    project = new Project({
      'SPEC.md': 'one',
      'a.js': `const a = await agent('first', { label: 'first', inputs: ['SPEC.md'] });
      await agent('slow', { label: 'slow', mockDelayMs: 4000 });
      const b = await agent('second', { label: 'second', inputs: ['SPEC.md'] });
      return [a.ok, b.ok];`,
    });
    const host = startOdw(['exec', '--script', 'a.js', '--no-report'], { cwd: project.dir });
    await host.until(/start {2}\/ slow/);
    host.child.kill('SIGKILL');
    const id = (await host.end).runId as string;
    project.write('SPEC.md', 'two');
    const { open, nodes } = await explain(id);
    expect([open, nodes[0]]).toMatchObject([true, { label: 'first', decision: 'reuse' }]);

    const end = await project.odw(['exec', '--resume', id, '--no-report']);
    expect(end.code, end.stderr).toBe(0);
    expect(end.runId).toBe(id);
    expect(end.stderr).toMatch(/files that nodes of run \S+ went by were edited: SPEC\.md\. The open run keeps their results; for new ones: odw stop/);
    expect(new Set(labels(id))).toEqual(new Set(['first', 'slow', 'second']));
    const hashes = started(id).flatMap(({ label, inputs }) => (inputs ? [[label, (inputs as { sha256: string }).sha256]] : []));
    const [of1, of2] = [hashes.find(([label]) => label === 'first')?.[1], hashes.find(([label]) => label === 'second')?.[1]];
    expect(of1).not.toBe(of2);
    // Closed, it is hashed anew: the first node has an answer to what no longer stands there.
    expect(await reasons(id)).toMatchObject({ first: 'INPUT_CHANGED', slow: 'reuse', second: 'reuse' });
    rmSync(join(project.runDir(id), 'events.jsonl'));
    expect((await project.odw(['runs', 'rebuild', id])).code).toBe(0);
    expect(started(id).find(({ label }) => label === 'first')).toMatchObject({ inputs: { sha256: of1 } });
  });

  it('EXPL-02 a node that waits for its turn is named after what the files hold when it starts', async () => {
    project = new Project({
      'SPEC.md': 'one',
      'a.js': `const r = await Promise.all([
        agent('holds the only place', { label: 'holder', mockDelayMs: 3000 }),
        agent('waits', { label: 'waits', inputs: ['SPEC.md'] }),
        agent('waits, too', { label: 'named', id: 'named', inputs: ['SPEC.md'] }),
      ]);
      return r.length;`,
    });
    const run = startOdw(['exec', '--script', 'a.js', '--concurrency', '1', '--no-report'], { cwd: project.dir });
    await run.until(/start {2}\/ holder/);
    project.write('SPEC.md', 'two');
    const { code, runId: id } = await run.end;
    expect(code).toBe(0);
    expect((await explain(id as string)).totals).toMatchObject({ reuse: 3, rerun: 0 });
    project.write('SPEC.md', 'one');
    expect(await reasons(id as string)).toEqual({ holder: 'reuse', waits: 'INPUT_CHANGED', named: 'INPUT_CHANGED' });
    expect(existsSync(join(project.runDir(id as string), 'history.json'))).toBe(true);
  });
});
