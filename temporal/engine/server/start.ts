import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOdwError, OdwError } from '../../../src/errors/error.ts';
import { isAlive } from '../../../system/process-table.ts';
import { terminateTree } from '../../../system/terminate.ts';
import { obtainBinary } from '../binary/install.ts';
import type { EngineBinary } from '../binary/find.ts';
import type { EngineOptions } from '../engine.ts';
import { engineLayout, type EngineLayout } from '../layout.ts';
import { setUpNamespace, setupVersion } from '../namespace-setup.ts';
import { homeError, withLock } from '../with-lock.ts';
import { checkDatabase, databaseAccepts, readDatabaseInfo, setAsideUnserved, writeDatabaseInfo, type DatabaseInfo } from './database-info.ts';
import { managedEngine } from './managed-engine.ts';
import { launchServer, waitUntilServing } from './launch.ts';
import { findOrphan } from './orphan.ts';
import { choosePort, portAnswers } from './ports.ts';
import { isElsewhere, readServerRecord, recordIsAlive, removeServerRecord, writeServerRecord, type ServerRecord } from './record.ts';
import { homePort } from './home-port.ts';
import { managedNamespace } from './settings.ts';

export interface StartOptions extends EngineOptions {
  /** Wished port of the gRPC frontend; default `ODW_SERVER_PORT`, else the last one used, else {@link homePort}. A busy port is replaced. */
  port?: number;
  /** Milliseconds a server process has for its first answer. Default 30,000. */
  serveMs?: number;
  /** Start although the record names a server on another host. Only right when that host is gone. */
  takeOver?: boolean;
}

export interface StartedServer {
  record: ServerRecord;
  /** False when a running server was found. */
  started: boolean;
}

const defaultServeMs = 30_000;
const launches = 5;

/** The managed server when it runs and answers, without starting or waiting for anything. A few milliseconds. */
export async function runningServer(layout: EngineLayout): Promise<ServerRecord | undefined> {
  const record = readServerRecord(layout.record);
  return record?.ready && recordIsAlive(record) && (await portAnswers(record.port)) ? record : undefined;
}

/**
 * Makes sure the managed server runs: takes the running one, waits for one that another process is starting, or starts it.
 *
 * @throws OdwError of the area engine
 */
export async function startServer(options: StartOptions = {}): Promise<StartedServer> {
  const layout = engineLayout(options.env);
  const found = async () => {
    const record = await runningServer(layout);
    return record && { record, started: false };
  };
  const onWait = (holder: { pid: number }, waitedMs: number) => {
    const seconds = Math.round(waitedMs / 1000);
    options.onProgress?.({ phase: 'wait', message: `waiting for process ${holder.pid}, which is starting the engine${seconds > 0 ? ` (${seconds} s)` : ''}` });
  };
  return (
    (await found()) ?? (await withLock(layout.startLock, { onWait, meanwhile: found }, async () => (await found()) ?? (await startLocked(layout, options))))
  );
}

async function startLocked(layout: EngineLayout, options: StartOptions): Promise<StartedServer> {
  const left = readServerRecord(layout.record);
  if (left && isElsewhere(left) && !options.takeOver) {
    throw new OdwError(
      'engine-other-host',
      `the engine in ${layout.home} was started on host ${left.host} (process ${left.pid}); two servers must not share its database`,
      {
        fields: { host: left.host, pid: left.pid, home: layout.home },
      },
    );
  }
  const info = readDatabaseInfo(layout.databaseInfo);
  const alive = left && recordIsAlive(left) ? left : adoptOrphan(layout, info);
  if (alive) {
    try {
      return { record: await awaken(alive, layout, options), started: false };
    } catch (error) {
      // One that ended while it was waited for is replaced like one that was found dead.
      if (isAlive(alive)) throw error;
    }
  }

  const hasDatabase = existsSync(layout.database);
  const binary = await obtainBinary({
    ...options,
    objection: (version) =>
      !hasDatabase || databaseAccepts(info, version) ? undefined : `the engine database is of server ${info?.serverVersion}, this is server ${version.server}`,
  });
  checkDatabase(layout, info, binary.path, binary.version);
  try {
    setAsideUnserved(layout, info);
  } catch (error) {
    throw homeError(error, layout.database);
  }
  options.onProgress?.({ phase: 'start', message: `starting the Temporal server (${binary.path})` });
  return { record: await launch(binary, layout, options), started: true };
}

function adoptOrphan(layout: EngineLayout, info: DatabaseInfo | undefined): ServerRecord | undefined {
  const orphan = findOrphan(layout.database);
  if (!orphan) return undefined;
  const record: ServerRecord = {
    ...{ version: 1, host: hostname(), ...orphan, namespace: managedNamespace, binary: 'unknown', cliVersion: info?.cliVersion ?? 'unknown' },
    ...{ serverVersion: info?.serverVersion ?? 'unknown', startedMs: Date.now(), ready: false, searchAttributes: false, warning: null },
  };
  writeServerRecord(layout.record, record);
  return record;
}

// Its starter died between launching and finishing, or the server hangs.
async function awaken(record: ServerRecord, layout: EngineLayout, options: StartOptions): Promise<ServerRecord> {
  try {
    await waitUntilServing({ ...record, logStart: 0 }, record.port, layout, options.serveMs ?? defaultServeMs);
  } catch (error) {
    if (!isAlive(record)) throw error;
    const where = `process ${record.pid} on port ${record.port}`;
    throw new OdwError('engine-stuck', `the Temporal server (${where}) lives but does not answer`, {
      fields: { ...record },
      cause: error,
    });
  }
  return finish(record, layout, options);
}

async function launch(binary: EngineBinary, layout: EngineLayout, options: StartOptions): Promise<ServerRecord> {
  const env = options.env ?? process.env;
  const before = readDatabaseInfo(layout.databaseInfo);
  const served = existsSync(layout.database) && (before?.served ?? true);
  const wished = [options.port, Number(env['ODW_SERVER_PORT']), before?.port, homePort(env)].filter((port): port is number => port !== undefined && port > 0);
  for (let round = 1; ; round++) {
    const port = await choosePort(wished);
    const uiPort = await choosePort([port === before?.port ? before.uiPort : 0, port + 1000], [port]);
    const versions = { cliVersion: binary.version.cli, serverVersion: binary.version.server };
    const info = { version: 1 as const, ...versions, served, setup: served ? (before?.setup ?? 0) : 0, port, uiPort };
    try {
      writeDatabaseInfo(layout.databaseInfo, info);
    } catch (error) {
      throw homeError(error, layout.databaseInfo);
    }
    const server = await launchServer(binary.path, layout, { database: layout.database, port, uiPort }, env);
    const record: ServerRecord = {
      ...{ version: 1, host: hostname(), pid: server.pid, start: server.start, port, uiPort, namespace: managedNamespace, binary: binary.path },
      ...{ ...versions, startedMs: Date.now(), ready: false, searchAttributes: false, warning: null },
    };
    writeServerRecord(layout.record, record);
    try {
      await waitUntilServing(server, port, layout, options.serveMs ?? defaultServeMs);
    } catch (error) {
      const wasGone = !isAlive(server);
      await terminateTree([server], { graceMs: 2000 });
      if (wasGone) await sleep(50);
      removeServerRecord(layout.record, record);
      // Somebody took the port between the look and the launch, or ended the server by a signal.
      if (round < launches && ((isOdwError(error) && error.fields['portTaken'] === true) || (wasGone && server.wasKilled()))) continue;
      throw error;
    }
    return finish(record, layout, options);
  }
}

async function finish(record: ServerRecord, layout: EngineLayout, options: StartOptions): Promise<ServerRecord> {
  const info = readDatabaseInfo(layout.databaseInfo);
  let outcome = { searchAttributes: true, warning: null as string | null };
  if (info?.setup !== setupVersion) {
    options.onProgress?.({ phase: 'setup', message: 'setting up the namespace' });
    const { connectEngine } = await import('../../connect.ts');
    const { connection } = await connectEngine(managedEngine(record), undefined, { env: options.env ?? process.env });
    outcome = await setUpNamespace(connection, record.namespace, { retention: true }).finally(() => connection.close());
  }
  if (info) writeDatabaseInfo(layout.databaseInfo, { ...info, served: true, setup: outcome.warning === null ? setupVersion : 0 });
  const ready = { ...record, ...outcome, ready: true };
  writeServerRecord(layout.record, ready);
  return ready;
}
