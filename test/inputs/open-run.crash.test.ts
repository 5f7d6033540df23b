import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';
import { nodesIn } from './support.ts';

// Each test starts several commands, one after another.
vi.setConfig({ testTimeout: 300_000 });

// Works on what is asked to wait until the file "go" is there; edits SPEC.md when asked to.
const executor = `#!/bin/sh
for one; do case "$one" in *.md) if grep -q 'edit' "$one"; then echo two > "$ODW_FIXTURE_DIR/SPEC.md"; fi; if grep -q 'wait' "$one"; then while [ ! -e "$ODW_FIXTURE_DIR/go" ] && [ -d "$ODW_FIXTURE_DIR" ]; do sleep 0.1; done; fi ;; esac; done
echo '{"ok":true,"state":"completed","last_agent_message":"answer","usage":{"total_tokens":7}}'
`;
const flags = ['--backend', 'pandacode', '--pandacode-bin', './executor.sh', '--no-report'];

let project: Project;
/** A project with SPEC.md, a script and an executor; returns the environment that it needs. */
function projectOf(script: string): NodeJS.ProcessEnv {
  project = new Project({ 'SPEC.md': 'one', 'executor.sh': executor, 'a.js': script });
  chmodSync(join(project.dir, 'executor.sh'), 0o755);
  return { ODW_FIXTURE_DIR: project.dir };
}
afterEach(() => project.remove());

const { started, labels, explain, reasons } = nodesIn(() => project);

describe('files that a node of an open run goes by', () => {
  it('EXPL-02 RES-02 an open run goes on with what it hashed, and its resume says what was edited meanwhile', async () => {
    const env = projectOf(`const a = await agent('first', { label: 'first', inputs: ['SPEC.md'] });
      await agent('wait', { label: 'slow' });
      const b = await agent('second', { label: 'second', inputs: ['SPEC.md'] });
      return [a, b];`);
    const host = startOdw(['exec', '--script', 'a.js', ...flags], { cwd: project.dir, env });
    await host.until(/start {2}\/ slow/);
    host.child.kill('SIGKILL');
    const id = (await host.end).runId as string;
    project.write('SPEC.md', 'two');
    const { open, nodes } = await explain(id);
    expect([open, nodes[0]]).toMatchObject([true, { label: 'first', decision: 'reuse' }]);

    project.write('go', '');
    const end = await project.odw(['exec', '--resume', id, '--no-report'], env);
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
    const env = projectOf(`const r = await Promise.all([
        agent('wait', { label: 'holder' }),
        agent('second', { label: 'second', inputs: ['SPEC.md'] }),
        agent('third', { label: 'third', id: 'third', inputs: ['SPEC.md'] }),
      ]);
      return r.length;`);
    const run = startOdw(['exec', '--script', 'a.js', '--concurrency', '1', ...flags], { cwd: project.dir, env });
    await run.until(/start {2}\/ holder/);
    project.write('SPEC.md', 'two');
    project.write('go', '');
    const { code, runId: id } = await run.end;
    expect(code).toBe(0);
    expect((await explain(id as string)).totals).toMatchObject({ reuse: 3, rerun: 0 });
    project.write('SPEC.md', 'one');
    expect(await reasons(id as string)).toEqual({ holder: 'reuse', second: 'INPUT_CHANGED', third: 'INPUT_CHANGED' });
    expect(existsSync(join(project.runDir(id as string), 'history.json'))).toBe(true);
  });

  it('EXPL-01 EXPL-02 each node of an open run is told by the files as they were when it started itself, whatever another one with the same files went by', async () => {
    const inputs = `inputs: ['SPEC.md']`;
    const env = projectOf(`const read = (label) => agent('read', { label, ${inputs} });
      await read('same');
      await read('before');
      await agent('edit', { label: 'edit' });
      await read('same');
      await agent('later', { label: 'after', ${inputs} });
      const rest = await Promise.all([
        agent('wait', { label: 'slow', ${inputs} }),
        agent('wait too', { label: 'slow too', ${inputs} }),
        agent('read at last', { label: 'waits', ${inputs} }),
      ]);
      await read('same');
      return rest.length;`);
    const host = startOdw(['exec', '--script', 'a.js', '--concurrency', '2', ...flags], { cwd: project.dir, env });
    await host.until(/start {2}\/ slow too/);
    host.child.kill('SIGKILL');
    const id = (await host.end).runId as string;
    const told = () => explain(id).then(({ open, nodes }) => [open, nodes.map(({ label, decision }) => `${label} ${decision}`).sort()]);
    const expected = ['after reuse', 'before reuse', 'edit reuse', 'same rerun', 'same reuse', 'same reuse', 'slow too unknown', 'slow unknown', 'waits rerun'];
    expect(await told()).toEqual([true, expected]);
    project.write('SPEC.md', 'three');
    expect(await told()).toEqual([true, expected]);

    // What the resume does: nothing runs again. The first two went by what stood there before the edit of the third, and that is said.
    project.write('SPEC.md', 'two\n');
    project.write('go', '');
    const end = await project.odw(['exec', '--resume', id, '--no-report'], env);
    expect([end.code, end.runId], end.stderr).toEqual([0, id]);
    expect(end.stderr).toContain(`files that nodes of run ${id} went by were edited: SPEC.md`);
    expect(labels(id)).toEqual(['same', 'before', 'edit', 'same', 'after', 'slow', 'slow too', 'waits', 'same']);
  });
});
