import { createHash, type Hash } from 'node:crypto';
import type { RunState } from '../../schemas/state.ts';
import { stateParts, type StateTextCache } from '../../src/journal/state-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { debugPoint } from '../../system/debug-point.ts';

/** Shortest time between two writes, in milliseconds. */
const MIN_SPACING_MS = 1000;
/** Writing may take at most this part of the time: one write of 100 ms, then 2 s without. */
const SPACING_FACTOR = 20;

/**
 * Keeps state.json close behind the state (PROC-06): at most one write a second, fewer when a write takes long,
 * so that the number of writes does not grow with the number of events.
 */
export class StateFile {
  private timer: NodeJS.Timeout | undefined;
  private cache: StateTextCache = new WeakMap();
  private nextMs = 0;
  /** Number of writes so far. */
  writes = 0;
  /** SHA-256 of the file, hex; undefined until it was written for the last time. */
  sha256: string | undefined;

  constructor(
    readonly path: string,
    private readonly state: () => RunState,
    private readonly onResult: (error?: unknown) => void,
  ) {}

  /** Says that the state changed. The first change is written at once, later ones when their time has come. */
  touch(): void {
    if (this.timer) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        try {
          this.write();
          this.onResult();
        } catch (error) {
          this.onResult(error);
          this.touch();
        }
      },
      Math.max(0, this.nextMs - performance.now()),
    );
    this.timer.unref();
  }

  /** Writes the state as it is now and flushes it to disk; throws when that fails. */
  writeFinal(): void {
    this.stop();
    this.write(true);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private write(sync = false): void {
    const begun = performance.now();
    this.nextMs = begun + MIN_SPACING_MS;
    const parts = stateParts(this.state(), this.cache);
    const hash = createHash('sha256');
    writeFileAtomic(this.path, sync ? hashed(parts, hash) : parts, { sync });
    if (sync) this.sha256 = hash.digest('hex');
    this.writes++;
    debugPoint('after-state-write');
    const ended = performance.now();
    this.nextMs = ended + Math.max(MIN_SPACING_MS, (ended - begun) * SPACING_FACTOR);
  }
}

function* hashed(parts: Generator<string>, hash: Hash): Generator<string> {
  for (const part of parts) {
    hash.update(part);
    yield part;
  }
}
