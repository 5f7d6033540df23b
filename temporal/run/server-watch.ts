import type { Engine } from '../engine/index.ts';
import { engineLayout } from '../engine/layout.ts';
import { managedEngine } from '../engine/server/managed-engine.ts';
import { isElsewhere, readServerRecord, recordIsAlive } from '../engine/server/record.ts';

/** Milliseconds to a second look, when the record or the process could not be read: that alone does not mean that the server is gone. */
const secondLookMs = 250;
/** Milliseconds from a loss to the next look: time to start a server anew. */
const againAfterMs = 2000;

/** What became of the managed server. */
export interface ServerFate {
  /** Its process is gone. Told again as long as there is no other. */
  gone: () => void;
  /** Another process serves: somebody else's run brought it back. */
  replaced: () => void;
}

/**
 * Watches the process of the managed server. Calls tell of its end late or never: they are tried again for seconds, and another run on the same
 * server may have brought it back by then.
 *
 * @param path the server's record
 * @returns ends the watch
 */
export function watchServer(path: string, { gone, replaced }: ServerFate): () => void {
  // Elsewhere each look costs a process.
  const lookEveryMs = process.platform === 'linux' ? 250 : 2000;
  let known = serving(path);
  let missed = 0;
  let stopped = false;
  let timer: NodeJS.Timeout;
  const next = (ms: number) => {
    timer = setTimeout(look, ms);
    timer.unref();
  };
  const look = () => {
    const now = serving(path);
    missed = now === undefined ? missed + 1 : 0;
    if (missed > 1) gone();
    else if (now !== undefined && known !== undefined && now !== known) replaced();
    known = now ?? known;
    if (!stopped) next(missed === 0 ? lookEveryMs : missed === 1 ? secondLookMs : againAfterMs);
  };
  next(lookEveryMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Whether our own server lives where an engine says: if not, another one may answer there. Always true of a cluster. */
export function isServed(engine: Engine): boolean {
  if (!engine.managed) return true;
  const { record: path } = engineLayout();
  const record = readServerRecord(path);
  return serving(path) !== undefined && record !== undefined && managedEngine(record).address === engine.address;
}

// Which process serves; undefined when it is gone. Those of another machine cannot be seen from here.
function serving(path: string): string | undefined {
  const record = readServerRecord(path);
  if (!record || (!isElsewhere(record) && !recordIsAlive(record))) return undefined;
  return `${record.host} ${record.pid} ${record.start}`;
}
