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

/** A host that tells which modules it loads. */
const telling = { NODE_DEBUG: 'esm' };

/** Until its nodes run, and the last parts of both lists of what is loaded ahead are there. */
async function untilLoaded(host: OdwProcess): Promise<void> {
  await project.untilStarts(2);
  for (const part of ['connect', 'own-reused']) await host.until(new RegExp(`Translating StandardModule \\S+/dist/${part}-`));
}

describe('odw that is removed while it hosts a run', () => {
  it('goes on to the end of the run, its files and its report, with everything loaded ahead', async () => {
    const host = start(telling);
    await untilLoaded(host);
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
    const host = start(telling);
    await untilLoaded(host);
    rmSync(join(installed, 'dist'), { recursive: true });
    host.child.kill('SIGINT');
    await host.until(/SIGINT: no new node/);
    project.go();
    const end = await host.end;
    expect(end.code, end.stdout).toBe(130);
    expect(project.run(end.runId as string).status).toBe('interrupted');
  }, 120_000);

  it('before a part was loaded ends at once, tells how to go on, and leaves its executors to the next host', async () => {
    // Stopped once the run has begun: nothing is loaded ahead yet.
    const host = start({ ODW_DEBUG_POINT: 'after-run-start:pause' });
    await host.untilPaused('after-run-start');
    const away = join(installed, 'away');
    renameSync(join(installed, 'dist'), away);
    host.child.kill('SIGCONT');
    const end = await host.end;
    expect(end.code, end.stdout + end.stderr).toBe(1);
    const runId = end.runId as string;
    expect(end.stderr).toMatch(/Error: odw was replaced or removed while it ran: /);
    expect(end.stderr).toContain(`odw exec --path ${project.dir} --resume ${runId} (odw-replaced`);
    expect(project.run(runId).status).toBe('interrupted');
    renameSync(away, join(installed, 'dist'));
    project.go();
    const resumed = await startOdw(['exec', '--resume', runId], { cwd: project.dir, env: { ODW_TEST_DIR: project.dir } }).end;
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.runId).toBe(runId);
    expect(project.run(runId)).toMatchObject({ status: 'completed', census: { ok: 3 } });
    expect(project.starts()).toHaveLength(3);
  }, 120_000);
});
