import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const script = `export const meta = { name: 'again', phases: [{ title: 'P' }] };
phase('P'); console.error('err'); checkpoint('c', { n: 1 });
const r = await parallel([() => agent('a', { label: 'ä' }), () => agent('b', { mockFail: true }), () => { throw new Error('item') }]);
await new Promise((resolve) => setTimeout(resolve, 50));
return { r, input };`;
const files = ['events.jsonl', 'state.json', 'script.js', 'input.raw', 'script-debug.log', 'history.json', 'run.json'];
// The server hands out maps (memo, payload metadata) in any order, so history.json is compared as a value.
const content = (path: string): unknown =>
  !existsSync(path) ? null : path.endsWith('history.json') ? JSON.parse(readFileSync(path, 'utf8')) : readFileSync(path, 'utf8');
const read = (dir: string) => Object.fromEntries(files.map((file) => [file, content(join(dir, file))]));

describe('odw runs rebuild', () => {
  it('HIST-02 PROC-04 makes a deleted folder again, byte for byte, from the server and from history.json alone', async () => {
    project = new Project({ 'a.js': script });
    const { runId } = await project.odw(['exec', '--script', 'a.js', '--concurrency', '3', '--input', '{ "x":  1 }']);
    const dir = project.runDir(runId as string);
    const before = read(dir);
    rmSync(dir, { recursive: true, maxRetries: 5 });
    const rebuilt = await project.odw(['runs', 'rebuild', runId as string]);
    expect(rebuilt).toMatchObject({ code: 0, stderr: '' });
    expect(read(dir)).toEqual(before);
    expect(existsSync(join(dir, 'report.html'))).toBe(true);

    for (const file of files) if (file !== 'history.json') rmSync(join(dir, file));
    expect((await project.odw(['runs', 'rebuild', 'latest', '--offline', '--json'])).code).toBe(0);
    const offline = read(dir);
    for (const file of files) if (file !== 'run.json') expect([file, offline[file]]).toEqual([file, before[file]]);
  });

  it('HIST-02 WT-06 brings the patches of worktrees back that answers hold, and replaces none', async () => {
    project = new Project({
      'a.js': `const tree = (n) => () => agent('tree ' + n, { label: 'tree' + n, isolation: 'worktree', mockWriteFile: 'made-' + n + '.txt' });
        return (await parallel([tree(1), tree(2)])).map((one) => one.worktree.diffFile);`,
    }).git();
    const { runId } = await project.odw(['exec', '--script', 'a.js', '--no-report']);
    const dir = project.runDir(runId as string);
    const names = project.state(runId as string).result as string[];
    const patches = () => names.map((name) => readFileSync(join(dir, name), 'utf8'));
    const before = patches();
    expect(before.map((text) => /made-\d/.exec(text)?.[0])).toEqual(['made-1', 'made-2']);
    rmSync(dir, { recursive: true, maxRetries: 5 });
    expect((await project.odw(['runs', 'rebuild', runId as string])).code).toBe(0);
    expect(patches()).toEqual(before);
    writeFileSync(join(dir, names[0] as string), 'changed by a person');
    expect((await project.odw(['runs', 'rebuild', runId as string])).code).toBe(0);
    expect(patches()).toEqual(['changed by a person', before[1]]);
  });

  it('rebuilds an open run, and refuses one that is hosted or unknown', async () => {
    project = new Project({ 'a.js': `await agent('one'); await agent('slow', { mockDelayMs: 60000 })` });
    const run = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir });
    await run.until(/start {2}\/ agent-2/);
    const hosted = await project.odw(['runs', 'rebuild', 'latest']);
    expect(hosted.stderr).toMatch(/hosts run odw-exec-\S+ and writes its files/);
    run.child.kill('SIGKILL');
    const { runId } = await run.end;
    const dir = project.runDir(runId as string);
    const before = readFileSync(join(dir, 'events.jsonl'), 'utf8');
    rmSync(dir, { recursive: true, maxRetries: 5 });
    expect((await project.odw(['runs', 'rebuild', runId as string])).stdout).toMatch(/\[interrupted\] from 4 events/);
    expect(readFileSync(join(dir, 'events.jsonl'), 'utf8')).toBe(before);
    expect((await project.odw(['runs', 'rebuild', 'odw-exec-1-1'])).stderr).toMatch(/no history of run odw-exec-1-1: the server at .* does not know it/);
  });
});
