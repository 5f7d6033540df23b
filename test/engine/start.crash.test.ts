import { spawn, type ChildProcess } from 'node:child_process';
import { createServer as createTcpServer } from 'node:net';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import { identify, isAlive, readProcess } from '../../system/process-table.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine, findEngine, serverLogs, serverStatus, startServer, stopServer, type Engine, type Progress } from '../../temporal/engine/index.ts';
import { engineLayout } from '../../temporal/engine/layout.ts';
import { findOrphan } from '../../temporal/engine/server/orphan.ts';
import { choosePort } from '../../temporal/engine/server/ports.ts';
import { readServerRecord, writeServerRecord, type ServerRecord } from '../../temporal/engine/server/record.ts';
import { bundleProgram } from './support/bundle.ts';
import { makeServerHome, type TestHome } from './support/home.ts';

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
});

const recordOf = (home: TestHome): ServerRecord => {
  const record = readServerRecord(engineLayout(home.env).record);
  if (!record) throw new Error('there is no server record');
  return record;
};

async function withClient<T>(home: TestHome, work: (client: Client) => Promise<T>): Promise<T> {
  const { connection, client } = await connectEngine(await ensureEngine({ env: home.env }), undefined, { env: home.env });
  return work(client).finally(() => connection.close());
}

const waitUntilDead = async (record: ServerRecord) => {
  while (isAlive(record)) await sleep(10);
};

/** Starts `starter.ts` as a process; `engine` resolves with what it got. */
async function startStarter(home: TestHome, detached = false) {
  const program = await bundleProgram(fileURLToPath(new URL('./support/starter.ts', import.meta.url)));
  const child = spawn(process.execPath, [program], { env: { ...home.env }, detached, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const progress: Progress[] = [];
  const engine = new Promise<Engine>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { progress?: Progress; engine?: Engine };
      if (said.progress) progress.push(said.progress);
      if (said.engine) resolve(said.engine);
    });
    child.once('exit', () => reject(new Error('the starter ended without an engine')));
  });
  return { child, engine, progress };
}

describe('the managed server', () => {
  it('comes by itself, is found again warm, tells its status, and stops', async () => {
    const home = await makeServerHome();
    expect(await findEngine({ env: home.env })).toBeUndefined();
    expect(await serverStatus({ env: home.env })).toMatchObject({ managed: true, running: false, healthy: false, address: null, databaseBytes: null });
    expect(await stopServer({ env: home.env })).toEqual({ stopped: false, pid: null });
    expect(existsSync(home.env['ODW_HOME'] ?? '')).toBe(false); // looking creates nothing

    const said: Progress[] = [];
    const engine = await ensureEngine({ env: home.env, onProgress: (progress) => said.push(progress) });
    expect(engine).toMatchObject({ namespace: 'default', managed: true, searchAttributes: true });
    expect(engine.warning).toBeUndefined();
    expect(said.map((progress) => progress.phase)).toEqual(['start', 'setup']);
    const page = await fetch(engine.uiUrl ?? '');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);

    const warm: Progress[] = [];
    expect(await ensureEngine({ env: home.env, onProgress: (progress) => warm.push(progress) })).toEqual(engine);
    expect(await findEngine({ env: home.env })).toEqual(engine);
    expect(warm).toEqual([]);
    const record = recordOf(home);
    expect(await serverStatus({ env: home.env })).toMatchObject({ running: true, healthy: true, address: engine.address, pid: record.pid, warning: null });
    expect(serverLogs({ env: home.env, lines: 500 }).lines.join('\n')).toContain('Temporal Server:');

    expect(await stopServer({ env: home.env })).toEqual({ stopped: true, pid: record.pid });
    expect(identify(record.pid)).toBeUndefined();
    expect(existsSync(engineLayout(home.env).record)).toBe(false);
    expect(await findEngine({ env: home.env })).toBeUndefined();
  });

  it('is one server for starters at once, outlives Ctrl-C of the one that started it, and holds none of its keys', async () => {
    const home = await makeServerHome({ SECRET_API_KEY: 'hidden-value' });
    const starters = await Promise.all([startStarter(home, true), startStarter(home, true), startStarter(home, true)]);
    const engines = await Promise.all(starters.map((starter) => starter.engine));
    expect(new Set(engines.map((engine) => engine.address)).size).toBe(1);
    expect(starters.filter((starter) => starter.progress.some((one) => one.phase === 'start'))).toHaveLength(1);
    const waited = starters.flatMap((starter) => starter.progress).filter((one) => one.phase === 'wait');
    expect(waited.length).toBeGreaterThanOrEqual(1);
    expect(waited[0]?.message).toContain('starting the engine');

    const record = recordOf(home);
    const row = readProcess(record.pid);
    expect(starters.map((starter) => starter.child.pid)).not.toContain(row?.group);
    if (process.platform === 'linux') expect(readFileSync(`/proc/${record.pid}/environ`, 'utf8')).not.toContain('hidden-value');
    for (const { child } of starters) {
      process.kill(-(child.pid ?? 0), 'SIGINT'); // what a terminal does
      await new Promise((resolve) => ((child.signalCode ?? child.exitCode) === null ? child.once('exit', resolve) : resolve(undefined)));
    }
    expect(isAlive(record)).toBe(true);
    expect(await serverStatus({ env: home.env })).toMatchObject({ healthy: true });
  });

  it('takes another port when the wished one is busy, and says which', async () => {
    const home = await makeServerHome();
    const other = createTcpServer(() => {}); // something that is not Temporal
    const port = await choosePort([]);
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      const { record } = await startServer({ env: home.env, port });
      expect(record.port).not.toBe(port);
      expect((await findEngine({ env: home.env }))?.address).toBe(`127.0.0.1:${record.port}`);
    } finally {
      other.close();
    }
  });

  it.runIf(process.platform === 'linux')('listens on loopback only', async () => {
    const home = await makeServerHome();
    const { record } = await startServer({ env: home.env });
    const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
    const listening = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n')).filter((line) => line.includes(' 0A '));
    for (const port of [record.port, record.uiPort]) {
      const lines = listening.filter((line) => line.includes(`:${hex(port)} `));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toContain(`0100007F:${hex(port)}`);
    }
  });
});

describe('a server that is gone', () => {
  it('after kill -9 is started again on the same ports, with its data', async () => {
    const home = await makeServerHome();
    const { record: first } = await startServer({ env: home.env });
    await withClient(home, (client) => client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody', args: ['x'] }));
    process.kill(first.pid, 'SIGKILL');
    await waitUntilDead(first);
    expect(await findEngine({ env: home.env })).toBeUndefined();
    expect(await serverStatus({ env: home.env })).toMatchObject({ running: false, serverVersion: first.serverVersion });
    const said: Progress[] = [];
    const { record: second, started } = await startServer({ env: home.env, onProgress: (progress) => said.push(progress) });
    expect(started).toBe(true);
    expect([second.port, second.uiPort]).toEqual([first.port, first.uiPort]);
    expect(second.searchAttributes).toBe(true);
    expect(await withClient(home, (client) => client.workflow.getHandle('kept').describe())).toMatchObject({ type: 'anything', status: { name: 'RUNNING' } });
    expect(said.map((progress) => progress.phase)).toEqual(['start']); // set-up is in the database and not repeated
  });

  it('is not taken for another process that got its pid', async () => {
    const home = await makeServerHome();
    const { record } = await startServer({ env: home.env });
    await stopServer({ env: home.env });
    writeServerRecord(engineLayout(home.env).record, { ...record, pid: process.pid, start: 'another' });
    expect(await findEngine({ env: home.env })).toBeUndefined();
    const again = await startServer({ env: home.env });
    expect(again.started).toBe(true);
    expect(again.record.pid).not.toBe(process.pid);
  });

  it('leaves a record that cannot be read: a new one is made', async () => {
    const home = await makeServerHome();
    await startServer({ env: home.env });
    await stopServer({ env: home.env });
    writeFileSync(engineLayout(home.env).record, '{"version":1,"pid":');
    expect((await startServer({ env: home.env })).started).toBe(true);
    expect(await findEngine({ env: home.env })).toBeDefined();
  });
});

describe('a starter that died half way', () => {
  it('after the launch: the next one finishes its work with the same server', async () => {
    const home = await makeServerHome();
    const { record } = await startServer({ env: home.env });
    writeServerRecord(engineLayout(home.env).record, { ...record, ready: false, searchAttributes: false });
    expect(await findEngine({ env: home.env })).toBeUndefined();
    const engine = await ensureEngine({ env: home.env });
    expect(engine).toMatchObject({ address: `127.0.0.1:${record.port}`, searchAttributes: true });
    expect(recordOf(home)).toMatchObject({ pid: record.pid, ready: true });
  });

  it('before it could record the server: the orphan is found by its database and taken, for two servers would ruin that', async () => {
    const home = await makeServerHome();
    const { record } = await startServer({ env: home.env });
    rmSync(engineLayout(home.env).record);
    const { record: adopted, started } = await startServer({ env: home.env });
    expect(started).toBe(false);
    expect(adopted).toMatchObject({ pid: record.pid, start: record.start, port: record.port, uiPort: record.uiPort, ready: true });
  });

  it('at any moment: in the end there is one server and it serves', async () => {
    const home = await makeServerHome();
    for (const delay of [60, 90, 120, 150, 200, 260, 330, 420]) {
      const { child, engine } = await startStarter(home);
      engine.catch(() => {});
      await sleep(delay);
      child.kill('SIGKILL');
    }
    await ensureEngine({ env: home.env });
    expect(await serverStatus({ env: home.env })).toMatchObject({ healthy: true });
    const record = recordOf(home);
    expect(findOrphan(engineLayout(home.env).database)?.pid).toBe(record.pid);
    await stopServer({ env: home.env });
    expect(findOrphan(engineLayout(home.env).database)).toBeUndefined(); // there was no second one
  });

  it('while the first database was being made: that one is set aside, never deleted', async () => {
    const home = await makeServerHome();
    const layout = engineLayout(home.env);
    const { record } = await startServer({ env: home.env });
    await stopServer({ env: home.env });
    writeFileSync(layout.database, 'half');
    const info = { version: 1, cliVersion: record.cliVersion, serverVersion: record.serverVersion, served: false, setup: 0, port: 0, uiPort: 0 };
    writeFileSync(layout.databaseInfo, JSON.stringify(info));
    expect((await startServer({ env: home.env })).record.searchAttributes).toBe(true);
    const aside = readdirSync(layout.folder).find((name) => /^temporal\.db\.unserved-\d+$/.test(name));
    expect(aside).toBeDefined();
    expect(readFileSync(`${layout.folder}/${aside}`, 'utf8')).toBe('half');
  });
});
