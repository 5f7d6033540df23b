import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeldProject } from '../control/support.ts';
import { startOdw, type OdwProcess } from '../support/odw.ts';

const script = `const nodes = await parallel([() => agent('one', { label: 'one' }), () => agent('two', { label: 'two', isolation: 'worktree' })]);
const last = await agent('three', { label: 'three', schema: { type: 'object' } });
return { ok: true, nodes, last };`;

let project: HeldProject;
let installed: string;
let odw: OdwProcess | undefined;

/** An installation of its own: the built odw, and the packages beside it. */
beforeEach(() => {
  project = new HeldProject(script);
  project.write('.gitignore', 'started\ngo\ninstalled\n.odw\n');
  installed = join(project.dir, 'installed');
  mkdirSync(installed);
  const own = fileURLToPath(new URL('../..', import.meta.url));
  cpSync(join(own, 'dist'), join(installed, 'dist'), { recursive: true });
  symlinkSync(join(own, 'node_modules'), join(installed, 'node_modules'));
  project.git();
});
afterEach(() => {
  odw?.child.kill('SIGKILL');
  project.go();
  project.remove();
});

function start(env: NodeJS.ProcessEnv = {}, ...flags: string[]): OdwProcess {
  const args = ['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', ...flags];
  odw = startOdw(args, { cwd: project.dir, env: { ODW_TEST_DIR: project.dir, ...env }, program: join(installed, 'dist', 'cli', 'odw.js') });
  return odw;
}

describe('odw that is removed while it hosts a run', () => {
  it('goes on to the end of the run, its files and its report, for it has all of its parts', async () => {
    const host = start();
    await project.untilStarts(2);
    rmSync(join(installed, 'dist'), { recursive: true });
    project.go();
    const end = await host.end;
    expect(end.code, end.stdout).toBe(0);
    const runId = end.runId as string;
    expect(project.run(runId)).toMatchObject({ status: 'completed', census: { ok: 3 } });
    expect(existsSync(join(project.runDir(runId), 'history.json'))).toBe(true);
    expect(readFileSync(join(project.runDir(runId), 'report.html'), 'utf8')).toContain('three');
    expect(project.starts()).toHaveLength(3);
  }, 120_000);

  it('is left by Ctrl-C as ever', async () => {
    const host = start();
    await project.untilStarts(2);
    rmSync(join(installed, 'dist'), { recursive: true });
    host.child.kill('SIGINT');
    await host.until(/SIGINT: no new node/);
    project.go();
    const end = await host.end;
    expect(end.code, end.stdout).toBe(130);
    expect(project.run(end.runId as string).status).toBe('interrupted');
  }, 120_000);

  it('and the packages with it: a part that is not loaded ends the host at once, with how to go on', async () => {
    // The compiler of TypeScript is loaded when the first script asks for it.
    project.write('child.ts', `export default async function main(): Promise<boolean> { return (await agent('child', { label: 'child' })) !== null; }`);
    project.write(
      'a.js',
      `const held = agent('held', { label: 'held' }); await agent('first', { label: 'first' }); const child = await workflow('./child.ts'); return [child, await held];`,
    );
    const host = start({}, '--no-lint');
    await project.untilStarts(2);
    renameSync(join(installed, 'node_modules'), join(installed, 'away'));
    project.go();
    const end = await host.end;
    expect(end.code, end.stdout + end.stderr).toBe(1);
    const runId = end.runId as string;
    expect(end.stderr).toMatch(/Error: odw was replaced or removed while it ran: .*ts-blank-space/);
    expect(end.stderr).toContain(`odw exec --path ${project.dir} --resume ${runId} (odw-replaced`);
    expect(project.run(runId).status).toBe('interrupted');
    const resumed = await startOdw(['exec', '--resume', runId], { cwd: project.dir, env: { ODW_TEST_DIR: project.dir } }).end;
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.runId).toBe(runId);
    expect(project.run(runId)).toMatchObject({ status: 'completed', census: { ok: 3 } });
    expect(project.starts()).toHaveLength(3);
  }, 120_000);
});
