import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openServer } from '../../cli/runs/remove/server-copy.ts';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const script = `export const meta = { name: 'gone', phases: [{ title: 'P' }] };
phase('P'); console.error('to the debug log'); checkpoint('c', { n: 1 });
const big = await agent('P'.repeat(50000), { label: 'big' });
const r = await parallel([() => agent('a'), () => agent('b', { mockFail: true }), () => agent('slow', { label: 'slow', mockDelayMs: 8000 })]);
return { big: big.label, r };`;
const files = ['events.jsonl', 'state.json', 'script.js', 'input.raw', 'script-debug.log', 'run.json', 'history.json'];
const read = (dir: string) =>
  Object.fromEntries(
    files.map((name) => {
      const text = existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : undefined;
      // The server hands out maps in any order, so history.json is compared as a value.
      return [name, name === 'history.json' && text !== undefined ? (JSON.parse(text) as unknown) : text];
    }),
  );
const begin = async () => {
  project = new Project({ 'a.js': script });
  const host = startOdw(['exec', '--script', 'a.js', '--concurrency', '4', '--input', '{ "x":  1 }'], { cwd: project.dir });
  await host.until(/start P \/ slow /, 120_000);
  const runId = /run_id=(\S+)/.exec(host.text())![1]!;
  return { host, runId, dir: project.runDir(runId) };
};
const rebuild = (runId: string, ...flags: string[]) => project.odw(['runs', 'rebuild', runId, ...flags]);

describe('a run folder that somebody deletes', { timeout: 240_000 }, () => {
  it('HIST-02 in mid-flight is complete at the end all the same, equal to one that is rebuilt', async () => {
    const { host, runId, dir } = await begin();
    rmSync(dir, { recursive: true });
    const ended = await host.end;
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('to the debug log')]);
    const after = read(dir);
    for (const name of files) expect([name, after[name]]).not.toEqual([name, undefined]);
    expect(existsSync(join(dir, 'report.html'))).toBe(true);
    expect(project.run(runId)).toMatchObject({ status: 'completed', run_id: runId });
    rmSync(dir, { recursive: true });
    expect(await rebuild(runId)).toMatchObject({ code: 0, stderr: '' });
    expect(read(dir)).toEqual(after);
  });

  it('HIST-02 in mid-flight and is not to be rebuilt meanwhile; what somebody puts in its place is made whole at the end', async () => {
    const { host, runId, dir } = await begin();
    // However slow this machine is, the run does not end meanwhile.
    host.child.kill('SIGSTOP');
    const copy = join(project.dir, 'copy');
    cpSync(dir, copy, { recursive: true });
    rmSync(dir, { recursive: true });
    const refused = await rebuild(runId);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`process ${host.child.pid} hosts run ${runId}`)]);
    expect((await project.odw(['exec', '--resume', runId])).stderr).toContain('odw runs rebuild');
    cpSync(copy, dir, { recursive: true });
    host.child.kill('SIGCONT');
    expect((await host.end).code).toBe(0);
    const after = read(dir);
    expect(after['events.jsonl']).toMatch(/"type":"exit"[^\n]+\n$/);
    rmSync(dir, { recursive: true });
    expect(await rebuild(runId)).toMatchObject({ code: 0, stderr: '' });
    expect(read(dir)).toEqual(after);
  });

  it('HIST-02 when its host is dead comes back open, and the run goes on and ends with a whole journal', async () => {
    const { host, runId, dir } = await begin();
    host.child.kill('SIGKILL');
    await host.end;
    const journal = readFileSync(join(dir, 'events.jsonl'), 'utf8');
    rmSync(dir, { recursive: true });
    expect((await rebuild(runId)).stdout).toContain('[interrupted]');
    expect(readFileSync(join(dir, 'events.jsonl'), 'utf8').startsWith(journal)).toBe(true);
    expect(await project.odw(['exec', '--resume', runId])).toMatchObject({ code: 0 });
    const ended = read(dir);
    rmSync(dir, { recursive: true });
    expect((await rebuild(runId)).code).toBe(0);
    expect(read(dir)).toEqual(ended);
  });

  it("HIST-01 once the server's copy is deleted too, report and rebuild work from history.json alone", async () => {
    const { host, runId, dir } = await begin();
    expect((await host.end).code).toBe(0);
    const before = read(dir);
    const server = await openServer();
    await server.remove(runId);
    await expect.poll(() => server.look(runId), { timeout: 400_000, interval: 500 }).toBe('none');
    await server.close();
    const kept = join(project.dir, 'kept.json');
    cpSync(join(dir, 'history.json'), kept);
    rmSync(dir, { recursive: true });
    const lost = await rebuild(runId);
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringContaining(`no history of run ${runId}`)]);
    cpSync(kept, join(dir, 'history.json'));
    expect(await rebuild(runId)).toMatchObject({ code: 0, stderr: '' });
    expect(read(dir)).toEqual(before);
    rmSync(join(dir, 'report.html'));
    expect((await project.odw(['report', '--run', runId])).stdout.trim()).toBe(join(dir, 'report.html'));
    // The server takes its time to delete.
  }, 600_000);
});
