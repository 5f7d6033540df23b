import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { identify, isAlive } from '../../system/process-table.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine, findEngine, serverStatus, startServer, stopServer } from '../../temporal/engine/index.ts';
import { engineLayout } from '../../temporal/engine/layout.ts';
import { readDatabaseInfo, writeDatabaseInfo } from '../../temporal/engine/server/database-info.ts';
import { choosePort } from '../../temporal/engine/server/ports.ts';
import { writeServerRecord, type ServerRecord } from '../../temporal/engine/server/record.ts';
import { failureOf } from './support/failure.ts';
import { makeHome, makeServerHome, serverBinary } from './support/home.ts';
import { fakeTemporal, versionLine } from './support/programs.ts';

const ended: (() => void)[] = [];
afterAll(() => ended.forEach((end) => end()));

const recordWith = (more: Partial<ServerRecord>): ServerRecord => ({
  ...{ version: 1, host: hostname(), pid: 1, start: 'x', port: 1, uiPort: 2, namespace: 'default', binary: '/x', cliVersion: '1.8.2', serverVersion: '1.31.2' },
  ...{ startedMs: 0, ready: true, searchAttributes: true, warning: null },
  ...more,
});

/** A home whose server program says it is the right one and then does what `body` says. */
function homeWithServer(body: string) {
  const home = makeHome();
  home.env['ODW_TEMPORAL_BIN'] = fakeTemporal(join(home.path, 'temporal'), versionLine, body);
  return home;
}

describe('a database of another server version', () => {
  it('is refused with the way out and not touched', async () => {
    const home = await makeServerHome();
    const layout = engineLayout(home.env);
    await startServer({ env: home.env });
    await stopServer({ env: home.env });
    const info = readDatabaseInfo(layout.databaseInfo);
    if (!info) throw new Error('no database info');
    writeDatabaseInfo(layout.databaseInfo, { ...info, serverVersion: '1.29.1', cliVersion: '1.5.1' });
    const before = statSync(layout.database);
    const failure = await failureOf(ensureEngine({ env: home.env }));
    expect(failure.slug).toBe('engine-database-version');
    expect(failure.message).toContain('1.29.1');
    expect(failure.next).toContain('ODW_TEMPORAL_BIN');
    expect(failure.next).toContain(layout.folder);
    expect(statSync(layout.database)).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs });
    expect(existsSync(layout.record)).toBe(false);

    // A patch release of the same line is taken, and recorded.
    writeDatabaseInfo(layout.databaseInfo, { ...info, serverVersion: '1.31.0', cliVersion: '1.8.0' });
    await startServer({ env: home.env });
    expect(readDatabaseInfo(layout.databaseInfo)).toMatchObject({ serverVersion: info.serverVersion, served: true });
  });

  it('a temporal on PATH that does not fit is passed over for the one in ODW_HOME', async () => {
    const home = makeHome();
    const layout = engineLayout(home.env);
    mkdirSync(layout.folder, { recursive: true });
    writeFileSync(layout.database, 'kept');
    writeDatabaseInfo(layout.databaseInfo, { version: 1, cliVersion: '1.8.2', serverVersion: '1.31.2', served: true, setup: 1, port: 0, uiPort: 0 });
    fakeTemporal(join(home.path, 'p', 'temporal'), 'temporal version 1.9.0 (Server 1.32.0, UI 2.51.0)', 'echo from-path; exit 1');
    fakeTemporal(layout.binary, versionLine, 'echo from-home; exit 1');
    const said: string[] = [];
    const env = { ...home.env, PATH: `${join(home.path, 'p')}:/usr/bin:/bin` };
    const failure = await failureOf(startServer({ env, onProgress: (progress) => said.push(progress.message) }));
    expect(failure.message).toContain('from-home');
    expect(said.find((line) => line.startsWith('skipping'))).toContain('1.32.0');
    expect(readFileSync(layout.database, 'utf8')).toBe('kept');
  });
});

describe('a server that does not come up', () => {
  it('and ends: the error quotes the last lines of its log, and no record stays', async () => {
    const home = homeWithServer('echo "line one"; echo "panic: something broke" >&2; exit 3');
    const failure = await failureOf(startServer({ env: home.env }));
    expect(failure.slug).toBe('engine-start-failed');
    expect(failure.message).toContain('  line one\n  panic: something broke');
    expect(failure.message).toContain(engineLayout(home.env).log);
    expect(existsSync(engineLayout(home.env).record)).toBe(false);
    // An earlier server's lines are not taken for the next one's.
    const again = await failureOf(startServer({ env: home.env }));
    expect(again.message.match(/line one/g)).toHaveLength(1);
  });

  it('because the disk is full: named as such', async () => {
    const home = homeWithServer('echo "Error: database or disk is full (13)"; exit 1');
    const failure = await failureOf(startServer({ env: home.env }));
    expect(failure.slug).toBe('engine-disk-full');
    expect(failure.message).toContain('database or disk is full (13)');
  });

  it('and stays silent: it is ended and the time is named', async () => {
    const home = homeWithServer('echo $$ > "$HOME/pid"; while :; do sleep 1; done');
    const failure = await failureOf(startServer({ env: home.env, serveMs: 400 }));
    expect(failure.slug).toBe('engine-start-failed');
    expect(failure.message).toContain('did not answer on 127.0.0.1:');
    expect(identify(Number(readFileSync(join(home.path, 'pid'), 'utf8')))).toBeUndefined();
    expect(existsSync(engineLayout(home.env).record)).toBe(false);
  });

  it('because a port was taken in the last moment: another is tried', async () => {
    const real = await serverBinary();
    const home = homeWithServer(
      `if [ ! -e "$HOME/once" ]; then : > "$HOME/once"; echo "Error: can't set frontend port 7233: address already in use"; exit 1; fi; exec '${real}' "$@"`,
    );
    expect((await startServer({ env: home.env })).record.ready).toBe(true);
    expect(await serverStatus({ env: home.env })).toMatchObject({ healthy: true });
  });

  it('because its program cannot be executed at the launch', async () => {
    const home = homeWithServer('exit 1');
    writeFileSync(join(home.path, 'temporal'), `#!/bin/sh\necho '${versionLine}'\nchmod -x "$0"\n`, { mode: 0o755 });
    const failure = await failureOf(startServer({ env: home.env }));
    expect(failure.slug).toBe('engine-start-failed');
    expect(failure.message).toContain('could not be started');
  });

  it('but lives and is silent: stuck, and stop ends it', async () => {
    const home = makeHome({ ODW_TEMPORAL_BIN: await serverBinary() });
    const layout = engineLayout(home.env);
    const sleeper = spawn('sleep', ['600'], { stdio: 'ignore' });
    ended.push(() => sleeper.kill('SIGKILL'));
    const identity = identify(sleeper.pid ?? 0);
    if (!identity) throw new Error('no sleeper');
    mkdirSync(layout.folder, { recursive: true });
    writeServerRecord(layout.record, recordWith({ ...identity, port: await choosePort([]) }));
    expect(await serverStatus({ env: home.env })).toMatchObject({ running: true, healthy: false });
    const failure = await failureOf(startServer({ env: home.env, serveMs: 300 }));
    expect(failure).toMatchObject({ slug: 'engine-stuck', fields: { pid: identity.pid } });
    expect(await stopServer({ env: home.env })).toEqual({ stopped: true, pid: identity.pid });
    expect(isAlive(identity)).toBe(false);
  });
});

describe('a record of another host', () => {
  it('is not overridden, unless told so', async () => {
    const home = await makeServerHome();
    const layout = engineLayout(home.env);
    mkdirSync(layout.folder, { recursive: true });
    writeServerRecord(layout.record, recordWith({ host: 'elsewhere.test', pid: process.pid }));
    expect(await findEngine({ env: home.env })).toBeUndefined();
    expect(await serverStatus({ env: home.env })).toMatchObject({ running: false, warning: expect.stringContaining('elsewhere.test') });
    const failures = [await failureOf(ensureEngine({ env: home.env })), await failureOf(stopServer({ env: home.env }))];
    expect(failures.map((failure) => failure.slug)).toEqual(['engine-other-host', 'engine-other-host']);
    const { record } = await startServer({ env: home.env, takeOver: true });
    expect(record.host).toBe(hostname());
  });
});

describe('ODW_HOME', () => {
  it('in which a process of another host holds the lock is not waited for', async () => {
    const home = await makeServerHome();
    const { startLock, folder } = engineLayout(home.env);
    mkdirSync(folder, { recursive: true });
    writeFileSync(startLock, JSON.stringify({ host: 'elsewhere.test', pid: 7, start: '1' }));
    const failure = await failureOf(ensureEngine({ env: home.env }));
    expect(failure.slug).toBe('engine-other-host');
    expect(failure.next).toContain(startLock);
  });

  it('that cannot be a folder is named', async () => {
    const home = await makeServerHome();
    writeFileSync(join(home.path, 'file'), '');
    const failure = await failureOf(ensureEngine({ env: { ...home.env, ODW_HOME: join(home.path, 'file', 'odw') } }));
    expect(failure.slug).toBe('engine-home-unusable');
  });
});

describe('PROC-11 an address that nobody answers', () => {
  it('is named by connectEngine', async () => {
    const address = `127.0.0.1:${await choosePort([])}`;
    const engine = { address, namespace: 'n1', uiUrl: null, managed: false, connection: { address }, searchAttributes: false };
    const failure = await failureOf(connectEngine(engine, undefined, { timeoutMs: 3000, env: makeHome().env }));
    expect(failure).toMatchObject({ slug: 'engine-unreachable', exitCode: 1, fields: { address, namespace: 'n1' } });
    expect(failure.message).toContain(address);
  });

  it('is told from one where something else than Temporal answers', async () => {
    const home = makeHome();
    const other = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.0 200 OK\r\n\r\nhello'));
    const port = await new Promise<number>((resolve) => other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port)));
    const failure = await failureOf(ensureEngine({ env: { ...home.env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` } }));
    other.close();
    expect(failure.slug).toBe('engine-unreachable');
    expect(failure.message).toMatch(/what answers there (does not|hangs up, and may not) speak Temporal's protocol/);
  });

  it('is named by ensureEngine at its first use, and nothing is started instead', async () => {
    const home = await makeServerHome();
    const address = `127.0.0.1:${await choosePort([])}`;
    const failure = await failureOf(ensureEngine({ env: { ...home.env, TEMPORAL_ADDRESS: address } }));
    expect(failure.slug).toBe('engine-unreachable');
    expect(failure.message).toContain(address);
    expect(existsSync(engineLayout(home.env).record)).toBe(false);
    expect(await serverStatus({ env: { ...home.env, TEMPORAL_ADDRESS: address } })).toMatchObject({
      managed: false,
      running: false,
      warning: expect.stringContaining(address),
    });
  });
});
