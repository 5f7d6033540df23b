import type { RunState } from '../../errors/categories.ts';
import { identityIsAlive, readIdentity } from '../../run/run-identity.ts';
import { lastLines } from '../../events/last-lines.ts';
import type { SessionTarget } from '../session-target.ts';

/** How a session stands. `ok` says that the look-up worked, not how the run ended. */
export function status({ runtime, session, record, paths }: SessionTarget): Record<string, unknown> {
  const identity = readIdentity(paths.identity);
  const isRunning = identity !== undefined && identityIsAlive(identity);
  // A record that says `running` without a live process was left by one that was killed.
  const state: RunState = isRunning ? 'running' : record.state === 'running' ? 'unknown' : record.state;
  return {
    ok: true,
    state,
    runtime: runtime.name,
    session,
    record,
    ...(isRunning ? { run: { pid: identity.pid, elapsed_ms: Date.now() - identity.started_ms, last_event: lastEvent(record.artifacts['event_log']) } } : {}),
    pending_user_input: record.pending_user_input ?? null,
  };
}

function lastEvent(file: unknown): unknown {
  const line = typeof file === 'string' ? lastLines(file, 1)[0] : undefined;
  try {
    const { type, ts_ms, progress } = JSON.parse(line ?? 'null') as Record<string, unknown>;
    return { type, ts_ms, progress };
  } catch {
    return null;
  }
}
