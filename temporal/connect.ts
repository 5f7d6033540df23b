import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { OdwError } from '../src/errors/error.ts';
import type { Engine } from './engine/engine.ts';
import { installRuntime, type EngineLog } from './runtime.ts';

export interface ConnectOptions {
  /** Milliseconds to wait for the server's first answer. Default 10,000. */
  timeoutMs?: number;
  /** Where SDK warnings go; default a file in ODW_HOME. */
  log?: EngineLog;
  /** Environment that tells where ODW_HOME is; default `process.env`. */
  env?: NodeJS.ProcessEnv;
}

export interface EngineConnection {
  connection: NativeConnection;
  client: Client;
}

/**
 * Connects to the engine: one native connection that serves client and worker alike (it takes large answers, and eager starts need it).
 * Close `connection` when the workers on it have ended.
 *
 * @throws OdwError `engine-unreachable`, naming the address
 */
export async function connectEngine(engine: Engine, dataConverter?: DataConverter, options: ConnectOptions = {}): Promise<EngineConnection> {
  const connection = await openConnection(engine, options);
  return { connection, client: await clientOn(connection, engine, dataConverter) };
}

/** The connection alone, for a host that loads the client while its worker starts. Throws as {@link connectEngine}. */
export async function openConnection(engine: Engine, options: ConnectOptions = {}): Promise<NativeConnection> {
  const [{ NativeConnection }] = await Promise.all([import('@temporalio/worker'), installRuntime(options)]);
  // On loopback compression only costs time.
  const compression = engine.managed ? { grpcCompression: { codec: 'none' as const } } : {};
  const pending = NativeConnection.connect({ ...compression, ...engine.connection });
  return within(pending, options.timeoutMs ?? 10_000).catch((error: unknown) => {
    pending.then((late) => late.close()).catch(() => {});
    throw unreachable(engine, error);
  });
}

/** A client on an open connection. */
export async function clientOn(connection: NativeConnection, engine: Engine, dataConverter?: DataConverter): Promise<Client> {
  const { Client } = await import('@temporalio/client');
  return new Client({ connection, namespace: engine.namespace, ...(dataConverter ? { dataConverter } : {}) });
}

function unreachable(engine: Engine, cause: unknown): OdwError {
  const first = (cause as Error).message.split('\n')[0] ?? '';
  const why = whyUnreachable(first);
  return new OdwError('engine-unreachable', `cannot reach the Temporal server at ${engine.address} (namespace ${engine.namespace}): ${why}`, {
    fields: { address: engine.address, namespace: engine.namespace, managed: engine.managed },
    cause,
  });
}

// One that is no Temporal server says something else at once, or hangs up: which of the two is seen first is a matter of chance.
function whyUnreachable(said: string): string {
  if (/h2 protocol error|http2 error/.test(said)) return `what answers there does not speak Temporal's protocol (gRPC): ${said}`;
  if (/connection closed/.test(said)) return `what answers there hangs up, and may not speak Temporal's protocol (gRPC): ${said}`;
  return said;
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${Math.round(timeoutMs / 100) / 10} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
