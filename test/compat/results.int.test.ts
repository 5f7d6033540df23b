import { afterAll, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

const project = new CompatProject();
afterAll(() => project.remove());

describe('results and exit codes', () => {
  it('COMPAT-07 prints the result, and with --json nothing else', async () => {
    const good = await project.runScript(`log('noise'); return { ok: true, n: 1 }`);
    expect([good.code, good.stdout.split('\n')]).toEqual([0, expect.arrayContaining(['[result] {"ok":true,"n":1}'])]);
    const json = await project.exec(['--script', 'script.js', '--json']);
    expect([json.code, json.stdout + json.stderr]).toEqual([0, '{"ok":true,"n":1}\n']);
  });

  it('COMPAT-07 ok:false ends with a non-zero exit, and --json still prints it', async () => {
    const bad = await project.runScript(`return { ok: false, why: 'not today' }`);
    expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining('[result] {"ok":false,"why":"not today"}')]);
    const json = await project.exec(['--script', 'script.js', '--json']);
    expect([json.code, json.stdout]).toEqual([1, '{"ok":false,"why":"not today"}\n']);
  });

  it('COMPAT-07 a circular return is one workflow_done that says so', async () => {
    const run = await project.runScript(`const a = {}; a.self = a; return a`);
    expect(run.code).not.toBe(0);
    expect(run.of('workflow_done')).toEqual([
      expect.objectContaining({ result: { ok: false, error: expect.objectContaining({ category: 'result_not_serializable' }) } }),
    ]);
    expect(run.of('workflow_error')).toEqual([]);
  });
});
