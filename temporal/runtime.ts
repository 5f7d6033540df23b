import { appendFileSync, mkdirSync, statSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LogEntry } from '@temporalio/worker';
import { odwHome } from '../system/paths.ts';

/** Receives warnings and errors of the Temporal SDK. Must not throw. */
export type EngineLog = (entry: LogEntry) => void;

let installing: Promise<void> | undefined;
let sink: EngineLog | undefined;

/**
 * Installs the SDK's runtime, once in a process: odw owns the signals, and SDK messages go to a file (`ODW_HOME/logs/sdk.log`) or to `log`,
 * never into the terminal. A later call only changes where messages go.
 */
export async function installRuntime(options: { log?: EngineLog; env?: NodeJS.ProcessEnv } = {}): Promise<void> {
  sink = options.log ?? sink ?? logToFile(join(odwHome(options.env), 'logs', 'sdk.log'));
  installing ??= install();
  return installing;
}

async function install(): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => sink?.(entry)),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
    workerHeartbeatInterval: 0,
  });
}

const rotateAtBytes = 5 * 1024 * 1024;

// Messages are rare; written at once, so that the last ones before a crash are there.
function logToFile(path: string): EngineLog {
  let ready = false;
  return (entry) => {
    try {
      if (!ready) {
        mkdirSync(dirname(path), { recursive: true });
        if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > rotateAtBytes) renameSync(path, `${path}.1`);
        ready = true;
      }
      const time = new Date(Number(entry.timestampNanos / 1_000_000n)).toISOString();
      appendFileSync(path, `${time} ${process.pid} ${entry.level} ${entry.message} ${printMeta(entry.meta)}\n`, { mode: 0o600 });
    } catch {
      // A log that cannot be written must not disturb a run.
    }
  };
}

function printMeta(meta: unknown): string {
  const seen = new WeakSet<object>();
  const text = JSON.stringify(meta ?? {}, (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Error) return value.stack ?? value.message;
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return '[seen]';
    seen.add(value);
    return value;
  });
  return text.slice(0, 8192);
}
