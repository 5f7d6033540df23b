import { OdwError } from '../../../src/errors/error.ts';
import { isAlive } from '../../../system/process-table.ts';
import { terminateTree } from '../../../system/terminate.ts';
import type { EngineOptions } from '../engine.ts';
import { engineLayout } from '../layout.ts';
import { withLock } from '../with-lock.ts';
import { isElsewhere, readServerRecord, removeServerRecord } from './record.ts';

export interface StopOutcome {
  /** False when no managed server was running. */
  stopped: boolean;
  pid: number | null;
}

/**
 * Stops the managed server. Runs that are open stay open in its database and go on when it is started again.
 *
 * @throws OdwError `engine-other-host` when the server is another host's, `engine-stuck` when it survives SIGKILL
 */
export async function stopServer(options: EngineOptions = {}): Promise<StopOutcome> {
  const layout = engineLayout(options.env);
  if (!readServerRecord(layout.record)) return { stopped: false, pid: null };
  const onWait = (holder: { pid: number }) =>
    options.onProgress?.({ phase: 'wait', message: `waiting for process ${holder.pid}, which is starting the engine` });
  return withLock(layout.startLock, { onWait }, async () => {
    const record = readServerRecord(layout.record);
    if (!record) return { stopped: false, pid: null };
    if (isElsewhere(record)) {
      throw new OdwError('engine-other-host', `the engine runs on host ${record.host} (process ${record.pid}); it cannot be stopped from here`, {
        fields: { host: record.host },
      });
    }
    const stopped = isAlive(record);
    await terminateTree([record], { graceMs: 10_000 });
    if (isAlive(record)) throw new OdwError('engine-stuck', `the Temporal server (process ${record.pid}) cannot be ended`, { fields: { pid: record.pid } });
    removeServerRecord(layout.record, record);
    return { stopped, pid: record.pid };
  });
}
