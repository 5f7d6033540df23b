import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, stopServer } from '../../temporal/engine/index.ts';
import type { ServerRecord } from '../../temporal/engine/server/record.ts';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { waitFor } from '../support/schedules.ts';

// Notes its start, and works until there is a file `go`.
const executor = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
[ -f "$f" ] || exit 0
cat "$f" >> starts; echo >> starts
while [ ! -e go ]; do sleep 0.1; done
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did it","usage":{"total_tokens":5}}\\n'
`;
const real = ['--backend', 'pandacode', '--pandacode-bin', './executor', '--no-lint'];

let project: Project;
let env: NodeJS.ProcessEnv;
let odw: OdwProcess | undefined;
let squatter: Server | undefined;
let otherHome: string | undefined;
beforeEach(() => {
  project = new Project({ 'a.js': `return [await agent('one'), await agent('two')]`, executor });
  chmodSync(join(project.dir, 'executor'), 0o755);
  env = { ODW_HOME: join(project.dir, 'home') };
});
afterEach(async () => {
  writeFileSync(join(project.dir, 'go'), '');
  odw?.child.kill('SIGKILL');
  squatter?.close();
  squatter = undefined;
  if (otherHome) {
    await stopServer({ env: { ...process.env, ODW_HOME: otherHome } });
    rmSync(otherHome, { recursive: true, force: true, maxRetries: 5 });
    otherHome = undefined;
  }
  await project.odw(['server', 'stop'], env);
  project.remove();
});

const record = () => JSON.parse(readFileSync(join(project.dir, 'home/server.json'), 'utf8')) as ServerRecord;
const starts = () => (existsSync(join(project.dir, 'starts')) ? readFileSync(join(project.dir, 'starts'), 'utf8').trim().split('\n') : []);
const start = (args: string[], extra: NodeJS.ProcessEnv = {}) => (odw = startOdw(args, { cwd: project.dir, env: { ...env, ...extra } }));

// The system takes a moment to give back the port of a process that was killed.
function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server: Server = createServer(() => {}).once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** Kills the server while a host stands still, and gives its port to a program that never answers. */
async function takePort(host: OdwProcess): Promise<number> {
  const { pid, port } = record();
  host.child.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  squatter = await waitFor(() => listenOn(port));
  return port;
}

describe('RES-13 a server whose port is taken while it is away', { timeout: 300_000 }, () => {
  it('comes back on another, and the host goes on there: its executor is taken over, nothing starts twice', async () => {
    const host = start(['exec', '--script', 'a.js', ...real]);
    await waitFor(() => starts().length === 1);
    const port = await takePort(host);
    host.child.kill('SIGCONT');
    await host.until(/the Temporal server was lost meanwhile; trying once more/);
    writeFileSync(join(project.dir, 'go'), '');
    const end = await host.end;
    expect([end.code, end.stderr]).toEqual([0, expect.any(String)]);
    expect(record().port).not.toBe(port);
    expect(starts()).toEqual(['one', 'two']);
    const runId = end.runId as string;
    expect(project.run(runId)).toMatchObject({ status: 'completed', census: { ok: 2 }, address: `127.0.0.1:${record().port}` });
    const seqs = project.records(runId).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, n) => n));
  });

  it('goes on with what a resume was asked for: nodes that run again are not asked for once more', async () => {
    writeFileSync(join(project.dir, 'go'), '');
    const before = await start(['exec', '--script', 'a.js', ...real]).end;
    rmSync(join(project.dir, 'go'));
    const host = start(['exec', '--resume', before.runId as string, '--rerun', 'agent-2', '--budget', '1000', '--no-lint']);
    await waitFor(() => starts().length === 3);
    await takePort(host);
    host.child.kill('SIGCONT');
    await host.until(/the Temporal server was lost meanwhile; trying once more/);
    writeFileSync(join(project.dir, 'go'), '');
    const end = await host.end;
    expect([end.code, end.stderr]).toEqual([0, expect.not.stringContaining('it is closed')]);
    expect(starts()).toEqual(['one', 'two', 'two']);
    expect(project.run(end.runId as string)).toMatchObject({ status: 'completed', resumed_from: before.runId, budget: 1000 });
  });

  it('by the server of another home, which knows nothing of the run', async () => {
    const host = start(['exec', '--script', 'a.js', ...real], { ODW_DEBUG_POINT: 'after-run-start:pause' });
    await host.untilPaused('after-run-start');
    const port = await takePort(host);
    await new Promise((resolve) => squatter!.close(resolve));
    otherHome = mkdtempSync(join(tmpdir(), 'odw-other-'));
    expect((await startServer({ env: { ...process.env, ODW_HOME: otherHome }, port })).record.port).toBe(port);
    writeFileSync(join(project.dir, 'go'), '');
    host.child.kill('SIGCONT');
    const end = await host.end;
    expect([end.code, end.stderr]).toEqual([0, expect.any(String)]);
    expect(starts()).toEqual(['one', 'two']);
    expect(project.run(end.runId as string)).toMatchObject({ status: 'completed', census: { ok: 2 } });
  });

  it('is found again by a worker, with what it was doing', async () => {
    const worker = start(['worker', 'start']);
    await worker.until(/serving/);
    const made = await project.odw(['schedule', 'create', 'job', '--every', '1h', '--script', 'a.js', ...real, '--json'], env);
    expect(made.code, made.stderr).toBe(0);
    const fired = await project.odw(['schedule', 'trigger', 'job', '--json'], env);
    const { run_id } = JSON.parse(fired.stdout) as { run_id: string };
    await waitFor(() => starts().length === 1);
    const port = await takePort(worker);
    worker.child.kill('SIGCONT');
    await worker.until(/the Temporal server moved from \S+ to \S+: its port was taken/, 120_000);
    writeFileSync(join(project.dir, 'go'), '');
    await waitFor(() => project.run(run_id).status === 'completed' && existsSync(join(project.runDir(run_id), 'report.html')), 120_000);
    expect(record().port).not.toBe(port);
    expect(starts()).toEqual(['one', 'two']);
    worker.child.kill('SIGTERM');
    expect((await worker.end).code).toBe(0);
  });
});
