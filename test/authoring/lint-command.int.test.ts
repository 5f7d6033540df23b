import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

const hinted = "const notes = await parallel([() => agent('Read a.js.'), () => agent('Read b.js.')]);\nreturn notes.filter(Boolean).length;\n";
const wrong = "agent('Read a.js.');\nreturn await agent('Read b.js.');\n";

let project: Project;
afterEach(() => project.remove());

function withExecutor(files: Record<string, string>): Project {
  project = new Project({ ...files, executor: `#!/bin/sh\necho run >> "${'$'}0.log"\necho '{"ok":true,"state":"completed","last_agent_message":"done"}'\n` });
  chmodSync(join(project.dir, 'executor'), 0o755);
  return project;
}
const real = ['--backend', 'pandacode', '--pandacode-bin', './executor'];

describe('odw lint', () => {
  it('LINT-01 errors exit 1, hints exit 0; places are shown with a caret', async () => {
    project = new Project({ 'hinted.js': hinted, 'wrong.js': wrong, 'clean.js': "return await agent('Read a.js.');" });
    const hint = await project.odw(['lint', 'hinted.js', 'clean.js']);
    expect(hint).toMatchObject({ code: 0, stderr: '' });
    expect(hint.stdout).toMatch(/^hinted\.js:2:14: hint DIALECT_NULLS: .+\n {2}return notes\.filter.+\n {15}\^\n2 scripts: 0 errors, 1 hint\n$/);
    const error = await project.odw(['lint', 'wrong.js']);
    expect(error.code).toBe(1);
    expect(error.stdout).toContain(
      "wrong.js:1:1: error AGENT_NOT_AWAITED: nobody waits for this agent(): put await before it, or keep its promise\n  agent('Read a.js.');\n  ^\n",
    );
    expect(existsSync(join(project.dir, '.odw'))).toBe(false);
  });

  it('LINT-01 --json is one object; --dialect chooses the rules', async () => {
    project = new Project({ 'hinted.js': hinted });
    const json = await project.odw(['lint', 'hinted.js', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      findings: [{ code: 'DIALECT_NULLS', severity: 'hint', path: 'hinted.js', line: 2, column: 14 }],
    });
    const claude = await project.odw(['lint', 'hinted.js', '--dialect', 'claude', '--json']);
    expect(claude.code).toBe(1);
    expect(JSON.parse(claude.stdout)).toMatchObject({ ok: false, findings: [{ code: 'META_NOT_FIRST', severity: 'error' }] });
    expect((await project.odw(['lint', 'hinted.js', '--dialect', 'basic'])).code).toBe(2);
  });

  it('a file that is not there is an error of the command', async () => {
    project = new Project();
    const end = await project.odw(['lint', 'gone.js']);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('workflow script does not exist');
  });
});

describe('odw exec looks first', () => {
  it('LINT-01 errors keep a run on a real backend from starting; --no-lint starts it', async () => {
    withExecutor({ 'wrong.js': wrong });
    const refused = await project.odw(['exec', '--script', 'wrong.js', ...real]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/Error: a mistake in the workflow script; nothing was started\n.*wrong\.js:1:1: error AGENT_NOT_AWAITED/);
    expect(refused.stdout).toBe('');
    expect(existsSync(join(project.dir, '.odw'))).toBe(false);
    expect(existsSync(join(project.dir, 'executor.log'))).toBe(false);

    const json = await project.odw(['exec', '--script', 'wrong.js', ...real, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, run_id: null, error: { category: 'script-lint' } });

    const started = await project.odw(['exec', '--script', 'wrong.js', ...real, '--no-lint', '--json']);
    expect(started).toMatchObject({ code: 0, stdout: '"done"\n' });
    expect(readFileSync(join(project.dir, 'executor.log'), 'utf8')).toContain('run');
  });

  it('LINT-01 the mock backend runs all the same', async () => {
    project = new Project({ 'wrong.js': wrong });
    expect(await project.odw(['exec', '--script', 'wrong.js'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('DIAL-02 hints at tests for null in one line, once, not with --json, and not once the dialect is named', async () => {
    project = new Project({ 'hinted.js': hinted, 'named.js': `export const meta = { name: 'n', dialect: 'odw' };\n${hinted}` });
    const end = await project.odw(['exec', '--script', 'hinted.js']);
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/^\[odw\] hint DIALECT_NULLS at line 2: .*\n$/);
    expect(await project.odw(['exec', '--script', 'hinted.js', '--json'])).toMatchObject({ stdout: '2\n', stderr: '' });
    expect(await project.odw(['exec', '--script', 'named.js'])).toMatchObject({ code: 0, stderr: '' });
  });
});
