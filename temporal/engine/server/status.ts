import { statSync } from 'node:fs';
import { isOdwError } from '../../../src/errors/error.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import { externalEngine } from '../external.ts';
import { engineLayout } from '../layout.ts';
import { readDatabaseInfo } from './database-info.ts';
import { isServing } from './health.ts';
import { managedEngine } from './managed-engine.ts';
import { isElsewhere, readServerRecord, recordIsAlive } from './record.ts';

/** What `odw server status` shows. Null where a fact does not apply or is not known. */
export interface ServerStatus {
  /** False when an external cluster is configured. */
  managed: boolean;
  /** The process lives (managed), or the cluster answers (external). */
  running: boolean;
  /** It answers and says that it serves. */
  healthy: boolean;
  address: string | null;
  namespace: string | null;
  uiUrl: string | null;
  pid: number | null;
  host: string | null;
  startedMs: number | null;
  binary: string | null;
  cliVersion: string | null;
  serverVersion: string | null;
  home: string;
  database: string | null;
  databaseBytes: number | null;
  log: string | null;
  searchAttributes: boolean | null;
  warning: string | null;
}

/** Looks at the engine without starting or changing anything. */
export async function serverStatus(options: EngineOptions = {}): Promise<ServerStatus> {
  const external = await externalEngine(options.env ?? process.env);
  const layout = engineLayout(options.env);
  const nothing = {
    pid: null,
    host: null,
    startedMs: null,
    binary: null,
    cliVersion: null,
    serverVersion: null,
    database: null,
    databaseBytes: null,
    log: null,
  };
  if (external) {
    const problem = await reach(external, options);
    const { address, namespace, uiUrl, searchAttributes } = external;
    const warning = problem ?? external.warning ?? null;
    return { ...nothing, managed: false, running: !problem, healthy: !problem, address, namespace, uiUrl, home: layout.home, searchAttributes, warning };
  }
  const record = readServerRecord(layout.record);
  const info = readDatabaseInfo(layout.databaseInfo);
  const bytes = ['', '-wal'].map((end) => statSync(layout.database + end, { throwIfNoEntry: false })?.size);
  const files = { home: layout.home, database: layout.database, databaseBytes: bytes[0] === undefined ? null : bytes[0] + (bytes[1] ?? 0), log: layout.log };
  const running = record !== undefined && recordIsAlive(record);
  if (!record || !running) {
    const warning = record && isElsewhere(record) ? `started on host ${record.host} (process ${record.pid}), which cannot be seen from here` : null;
    const versions = { cliVersion: info?.cliVersion ?? null, serverVersion: info?.serverVersion ?? null };
    const off = { managed: true, running: false, healthy: false, address: null, namespace: null, uiUrl: null, searchAttributes: null };
    return { ...nothing, ...off, ...files, ...versions, host: record?.host ?? null, warning };
  }
  const { address, namespace, uiUrl, searchAttributes } = managedEngine(record);
  const healthy = await isServing(address);
  const { pid, host, startedMs, binary, cliVersion, serverVersion } = record;
  const about = { pid, host, startedMs, binary, cliVersion, serverVersion };
  return { managed: true, running, healthy, address, namespace, uiUrl, searchAttributes, ...about, ...files, warning: record.warning };
}

// Why the cluster cannot be reached; null when it answers.
async function reach(engine: Engine, options: EngineOptions): Promise<string | null> {
  const { connectEngine } = await import('../../connect.ts');
  try {
    const { connection } = await connectEngine(engine, undefined, { timeoutMs: 5000, env: options.env ?? process.env });
    await connection.close();
    return null;
  } catch (error) {
    if (isOdwError(error)) return error.message;
    throw error;
  }
}
