import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

describe('odw runs watch', () => {
  it('NEXT-01 prints a run from its beginning and as it grows, and ends with it', async () => {
    project = new Project({ 'a.js': `log('early ä😀'); await agent('x', { mockDelayMs: 1500 }); console.error('err'); log('late'); return { ok: false }` });
    const run = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir });
    await run.until(/\[log\] early/);
    const [plain, json] = [startOdw(['runs', 'watch'], { cwd: project.dir }), startOdw(['runs', 'watch', 'latest', '--json'], { cwd: project.dir })];
    await plain.until(/\[node\] start/);
    expect(plain.text()).not.toContain('late');
    const [own, seen, records] = await Promise.all([run.end, plain.end, json.end]);
    expect([own.code, seen.code, records.code]).toEqual([1, 1, 1]);
    const events = own.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('[odw]'));
    expect(seen.stdout.trimEnd().split('\n')).toEqual([...events, `[odw] failed run_id=${own.runId}`]);
    expect(seen.stderr).toBe('[script:stderr] err\n');
    expect(
      records.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(project.records(own.runId as string));
    expect((await project.odw(['runs', 'watch'])).stdout).toBe(seen.stdout);
  });

  it('says so when nobody hosts an open run, or there is none', async () => {
    project = new Project({ 'a.js': `await agent('x', { mockDelayMs: 60000 })` });
    expect((await project.odw(['runs', 'watch', 'nowhere'])).stderr).toMatch(/^Error: there is no run nowhere in /);
    const run = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir });
    await run.until(/\[node\] start/);
    const watch = startOdw(['runs', 'watch'], { cwd: project.dir });
    await watch.until(/\[node\] start/);
    await sleep(200);
    run.child.kill('SIGKILL');
    const end = await watch.end;
    expect(end.code).toBe(3);
    expect(end.stderr).toMatch(/is open, but no process hosts it\n {2}→ Go on with it: odw exec --path \S+ --resume odw-exec-/);
  });
});
