import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DebugPoint } from '../../system/debug-point.ts';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
let env: NodeJS.ProcessEnv;
afterEach(async () => {
  await project.odw(['server', 'stop'], env);
  project.remove();
});

const killServer = () => process.kill((JSON.parse(readFileSync(join(project.dir, 'home/server.json'), 'utf8')) as { pid: number }).pid, 'SIGKILL');

/** Runs odw exec up to a point, kills the server there, and lets it go on. */
async function loseServerAt(point: DebugPoint, ...args: string[]) {
  const run = startOdw(['exec', ...args], { cwd: project.dir, env: { ...env, ODW_DEBUG_POINT: `${point}:pause` } });
  await run.untilPaused(point);
  killServer();
  run.child.kill('SIGCONT');
  return run.end;
}

describe('RES-13 a server that is killed while a host starts or ends', () => {
  for (const point of ['after-connect', 'after-run-file', 'after-run-start', 'after-run-close'] as const) {
    it(`${point}: it is brought back, and the run completes`, { timeout: 180_000 }, async () => {
      project = new Project({ 'a.js': `return (await agent('one')).ok` });
      env = { ODW_HOME: join(project.dir, 'home') };
      const end = await loseServerAt(point, '--script', 'a.js');
      expect([end.code, end.stderr]).toEqual([0, expect.any(String)]);
      expect(project.run(end.runId as string)).toMatchObject({ status: 'completed', census: { ok: 1 } });
      expect(project.state(end.runId as string).result).toBe(true);
    });
  }

  for (const point of ['after-connect', 'after-rescue'] as const) {
    it(`${point} of a resume`, { timeout: 180_000 }, async () => {
      project = new Project({ 'a.js': `await agent('one'); return (await agent('two', { mockDelayMs: 1500 })).ok` });
      env = { ODW_HOME: join(project.dir, 'home') };
      const first = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir, env });
      await first.until(/done .*agent-1/, 60_000);
      first.child.kill('SIGKILL');
      const { runId } = await first.end;
      const end = await loseServerAt(point, '--resume', 'latest');
      expect([end.code, end.runId, end.stderr]).toEqual([0, runId, expect.any(String)]);
      expect(project.run(runId as string)).toMatchObject({ status: 'completed', census: { ok: 2 } });
    });
  }
});
