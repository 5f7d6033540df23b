import type { Engine } from './engine.ts';
import { ensureEngine } from './ensure.ts';
import { engineLayout } from './layout.ts';
import { readServerRecord, recordIsAlive } from './server/record.ts';

const lookEveryMs = 250;
/** Milliseconds between two tries to start a server that cannot be started; whoever waits for it tells why. */
const againAfterMs = 2000;

/**
 * Starts our own server again as soon as its process is gone, so that calls that are under way, and are tried again for ten seconds, find it. An
 * external server is left alone.
 *
 * @returns ends the guard
 */
export function guardServer(engine: Engine): () => void {
  if (!engine.managed) return () => {};
  const { record: path } = engineLayout();
  let timer: NodeJS.Timeout;
  let stopped = false;
  const next = (ms: number) => {
    if (stopped) return;
    timer = setTimeout(() => void look(), ms);
    timer.unref();
  };
  const look = async () => {
    const record = readServerRecord(path);
    if (record && recordIsAlive(record)) return next(lookEveryMs);
    await ensureEngine().then(
      () => next(lookEveryMs),
      () => next(againAfterMs),
    );
  };
  next(lookEveryMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
