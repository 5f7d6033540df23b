import { closeSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { bootId } from './boot-id.ts';
import { identify, isAlive } from './process-table.ts';

/** Who holds a lock: one process of one host. */
export interface LockOwner {
  host: string;
  pid: number;
  /** Process start stamp, see ProcessIdentity. */
  start: string;
  /** Run of the machine's system: after a restart both pid and start stamp may come again. Absent where the system does not tell. */
  boot?: string;
}

export interface LockFile {
  owner: LockOwner;
  release(): void;
}

let counter = 0;

/** This process, as it is written into lock files. */
export function thisProcess(): LockOwner {
  const identity = identify(process.pid);
  return { host: hostname(), pid: process.pid, start: identity?.start ?? '', ...(bootId() === '' ? {} : { boot: bootId() }) };
}

/** Whether the owner still runs. An owner on another host counts as alive: only that host can tell. */
export function ownerIsAlive(owner: LockOwner): boolean {
  return owner.host !== hostname() || ((owner.boot ?? bootId()) === bootId() && isAlive(owner));
}

/** The present owner of a lock file, dead or alive; undefined when there is no readable lock. */
export function readLock(path: string): LockOwner | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockOwner>;
    if (typeof value.pid !== 'number' || typeof value.host !== 'string') return undefined;
    return { host: value.host, pid: value.pid, start: String(value.start ?? ''), ...(typeof value.boot === 'string' ? { boot: value.boot } : {}) };
  } catch {
    return undefined;
  }
}

/**
 * Takes a lock file, or says who holds it. The lock appears whole (a link to a finished temporary file);
 * the lock of a dead process is broken.
 */
export function tryLock(path: string): LockFile | { heldBy: LockOwner } {
  mkdirSync(dirname(path), { recursive: true });
  const owner = thisProcess();
  const temporary = `${path}.${process.pid}.${counter++}`;
  writeFileSync(temporary, JSON.stringify(owner));
  try {
    for (let round = 0; round < 20; round++) {
      try {
        linkSync(temporary, path);
        return { owner, release: () => releaseLock(path, owner) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = readLock(path);
      if (holder && ownerIsAlive(holder)) return { heldBy: holder };
      breakDeadLock(path);
    }
    throw new Error(`lock file ${path} cannot be taken: it keeps coming back`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

// Two processes may find the same dead lock. Only the one that holds the break file looks again and removes it,
// so that nobody removes the fresh lock of the other.
function breakDeadLock(path: string): void {
  const breakFile = `${path}.break`;
  try {
    closeSync(openSync(breakFile, 'wx'));
  } catch {
    if (Date.now() - (statSync(breakFile, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000) rmSync(breakFile, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return;
  }
  try {
    const holder = readLock(path);
    if (!holder || !ownerIsAlive(holder)) rmSync(path, { force: true });
  } finally {
    rmSync(breakFile, { force: true });
  }
}

function releaseLock(path: string, owner: LockOwner): void {
  const holder = readLock(path);
  if (holder && holder.pid === owner.pid && holder.start === owner.start && holder.host === owner.host) rmSync(path, { force: true });
}
