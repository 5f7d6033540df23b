import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';
import { otherVersion } from '../support/other-bundle.ts';

vi.setConfig({ testTimeout: 180_000 });

let project: Project;
afterEach(() => project.remove());

// Notes what it is asked; works on what is slow until the file "go" is there.
const executor = `#!/bin/sh
for one; do case "$one" in *.md) asked=$(grep -o 'quick one\\|quick two\\|slow one\\|edited' "$one" | head -n 1) ;; esac; done
echo "$asked" >>"$ODW_FIXTURE_DIR/calls"
if [ "$asked" = 'slow one' ]; then while [ ! -e "$ODW_FIXTURE_DIR/go" ] && [ -d "$ODW_FIXTURE_DIR" ]; do sleep 0.1; done; fi
echo '{"ok":true,"state":"completed","last_agent_message":"answer","usage":{"total_tokens":7}}'
`;
const script = `const a = await agent('quick one');
const b = await agent('slow one');
const c = await agent('quick two');
return [a, b, c];`;
const calls = () => (existsSync(join(project.dir, 'calls')) ? readFileSync(join(project.dir, 'calls'), 'utf8') : '');
const differs = /this version's workflow code differs from what made the history of run \S+: its journal keeps what it had, with the end behind it/;

/** A run of another version whose host was killed while its second node was at work. */
async function killedOfOtherVersion(): Promise<{ old: string; env: NodeJS.ProcessEnv }> {
  project = new Project({ 'a.js': script });
  const bin = project.write('executor.sh', executor);
  chmodSync(bin, 0o755);
  const env = { ODW_FIXTURE_DIR: project.dir };
  const args = ['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', bin];
  const host = startOdw(args, { cwd: project.dir, env: { ...env, ...otherVersion(project.dir) } });
  await expect.poll(calls, { timeout: 60_000 }).toContain('slow one');
  host.child.kill('SIGKILL');
  return { old: (await host.end).runId as string, env };
}

describe('after an upgrade that changed the workflow code', () => {
  it('RES-02 RES-03 an open run whose script was edited too is replaced by a new run that reuses it, and odw says so', async () => {
    const { old, env } = await killedOfOtherVersion();
    project.write('a.js', script.replace('slow one', 'edited'));
    const told = await project.odw(['resume', old, '--explain', '--json'], env);
    expect(told.code, told.stderr).toBe(0);
    expect(JSON.parse(told.stdout)).toMatchObject({ totals: { reuse: 1 } });
    const end = await project.odw(['resume', old], env);
    expect(end.code, end.stderr + end.stdout).toBe(0);
    expect(end.stderr).toMatch(/was open with another script: it is closed, and its finished nodes are reused/);
    expect(end.stderr).toMatch(differs);
    // The node that nobody asks for any more was ended, the finished one not asked again.
    expect(calls()).toBe('quick one\nslow one\nedited\nquick two\n');
    const id = end.runId as string;
    expect(project.run(id)).toMatchObject({ resumed_from: old, status: 'completed', census: { ok: 2, cached: 1 } });
    expect(project.run(old)).toMatchObject({
      status: 'cancelled',
      state: 'stopped',
      error: { message: expect.stringContaining(`replaced by ${id}`) as string },
    });
    expect(project.records(old).at(-1)).toMatchObject({ type: 'exit', status: 'cancelled' });
    expect(existsSync(join(project.runDir(old), 'history.json'))).toBe(true);
    // What follows on it needs no history of that version.
    const again = await project.odw(['resume', id, '--json'], env);
    expect([again.code, again.stdout]).toEqual([0, '["answer","answer","answer"]\n']);
    expect(calls()).toBe('quick one\nslow one\nedited\nquick two\n');
  });

  it('RES-02 the same when the work had ended meanwhile: it is taken before the edited script replaces the run', async () => {
    const { old, env } = await killedOfOtherVersion();
    project.write('go', '');
    await expect.poll(() => ended(old), { timeout: 60_000 }).toBe(2);
    project.write('a.js', script.replace('quick two', 'edited'));
    const end = await project.odw(['resume', old], env);
    expect(end.code, end.stderr + end.stdout).toBe(0);
    expect(end.stderr).toMatch(/1 executor had ended when nobody looked: what they made is taken/);
    expect(calls()).toBe('quick one\nslow one\nedited\n');
  });

  it('CTRL-03 odw stop ends an open run that nobody hosts, and a resume goes on from it', async () => {
    const { old, env } = await killedOfOtherVersion();
    const stopped = await project.odw(['stop', old], env);
    expect(stopped.code, stopped.stderr).toBe(0);
    expect(stopped.stdout).toMatch(differs);
    expect(project.run(old)).toMatchObject({ status: 'cancelled', state: 'stopped' });
    project.write('go', '');
    const end = await project.odw(['resume', old], env);
    expect(end.code, end.stderr + end.stdout).toBe(0);
    expect(calls()).toBe('quick one\nslow one\nslow one\nquick two\n');
  });

  it('RES-13 a run that closed when nobody wrote its end gets one, and a new run reuses it', async () => {
    project = new Project({ 'a.js': `return [(await agent('one')).ok, (await agent('two')).ok]` });
    const id = (await project.odw(['exec', '--script', 'a.js'], otherVersion(project.dir))).runId as string;
    // As if its host had been killed right after the run closed.
    const path = join(project.runDir(id), 'events.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').split('\n').slice(0, 4).join('\n') + '\n');
    for (const name of ['history.json', 'state.json', 'report.html']) rmSync(join(project.runDir(id), name));
    writeFileSync(join(project.runDir(id), 'run.json'), JSON.stringify({ ...project.run(id), status: 'running', state: 'running', finished_ms: null }));
    const end = await project.odw(['resume', id]);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toMatch(differs);
    expect(end.stdout).toContain('[result] [true,true]');
    expect(project.run(end.runId as string)).toMatchObject({ resumed_from: id, census: { ok: 0, cached: 2 } });
    expect(project.run(id)).toMatchObject({ status: 'completed', state: 'completed' });
  });
});

// Executors that have written their exit code.
function ended(runId: string): number {
  return readdirSync(join(project.runDir(runId), 'nodes'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/code')).length;
}
