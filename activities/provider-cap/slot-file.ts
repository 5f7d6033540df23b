import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noSlots, type SlotEntry, type Slots } from '../../src/policy/slots.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { tryLock, type LockOwner } from '../../system/lock-file.ts';

/** A dispatch on this machine: whose it is, and where its files are. */
export interface MachineEntry extends SlotEntry {
  owner: LockOwner;
  /** The node's folder: its executor may outlive the process that started it. */
  dir: string;
  /** Epoch milliseconds of the last sign of one that waits. */
  seenMs: number;
}

export type MachineSlots = Slots<MachineEntry>;

const lockMs = 5000;

/** The file that all runs of this machine share for a provider, whatever their account. */
export function slotFile(home: string, provider: string): string {
  return join(home, 'providers', `${provider.replace(/[^A-Za-z0-9_.-]/g, '-')}.slots.json`);
}

/** The slots as they stand. A missing or torn file counts as empty: it is rebuilt from those who use it. */
export function readSlots(path: string): MachineSlots {
  try {
    return { ...noSlots<MachineEntry>(), ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<MachineSlots>) };
  } catch {
    return noSlots();
  }
}

/**
 * Changes the slots while nobody else does.
 *
 * @param change gives the new slots and a result; the same slots object means that nothing is written
 * @throws a system error when the folder cannot be written, or an error when the lock is held for 5 s
 */
export async function changeSlots<T>(path: string, change: (slots: MachineSlots) => [MachineSlots, T]): Promise<T> {
  const until = performance.now() + lockMs;
  for (;;) {
    const lock = tryLock(`${path}.lock`);
    if (!('release' in lock)) {
      if (performance.now() > until) throw new Error(`${path} is locked by process ${lock.heldBy.pid}`);
      await sleep(5 + Math.random() * 15);
      continue;
    }
    try {
      const before = readSlots(path);
      const [after, result] = change(before);
      if (after !== before) writeFileAtomic(path, JSON.stringify(after));
      return result;
    } finally {
      lock.release();
    }
  }
}
