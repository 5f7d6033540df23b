import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock, type LockFile } from '../../system/lock-file.ts';
import type { BlobReferences } from './references.ts';
import type { BlobStore } from './blob-store.ts';

export interface SweepOptions {
  /** Only these; absent = every blob of the store. */
  only?: readonly string[];
  /** Youngest age that is removed, in milliseconds. Default 0. */
  minAgeMs?: number;
  /** Change nothing, give what would be removed. */
  dryRun?: boolean;
  /** Workflows, by the name of their files, whose references do not count: a dry run of dropping them. */
  without?: ReadonlySet<string>;
}

export interface SweptBlob {
  sha256: string;
  bytes: number;
  path: string;
}

/**
 * Removes blobs that nothing refers to. Safe beside hosts that write: a blob is moved aside first and only then the references are read again. Whoever
 * refers to it from before that look gets it back; whoever does so later finds no blob and writes it. A crash leaves it aside, where readers find it too.
 */
export async function sweepBlobs(store: BlobStore, references: BlobReferences, options: SweepOptions = {}): Promise<SweptBlob[]> {
  const since = references.since();
  if (since === undefined) return [];
  if (options.dryRun) return sweep(store, references, options, since);
  const lock = await waitForLock(join(store.folder, 'sweep.lock'));
  try {
    return sweep(store, references, options, since);
  } finally {
    lock.release();
  }
}

function sweep(store: BlobStore, references: BlobReferences, options: SweepOptions, since: number): SweptBlob[] {
  const referred = referredBy(references, options.without);
  const youngest = Date.now() - (options.minAgeMs ?? 0);
  const candidates = (options.only ?? digestsIn(store.folder)).flatMap((sha256) => {
    if (referred.has(sha256)) return [];
    const stat = statSync(store.pathOf(sha256), { throwIfNoEntry: false });
    return stat && stat.mtimeMs >= since && stat.mtimeMs <= youngest ? [{ sha256, bytes: stat.size, path: store.pathOf(sha256) }] : [];
  });
  if (options.dryRun) return [...leftAside(store, referred), ...candidates];
  for (const { sha256, path } of candidates) {
    mkdirSync(dirname(store.asideOf(sha256)), { recursive: true });
    renameSync(path, store.asideOf(sha256));
  }
  const removed = new Map(candidates.map((blob) => [blob.sha256, blob]));
  for (const blob of leftAside(store, new Set())) {
    if (!removed.has(blob.sha256)) removed.set(blob.sha256, blob);
  }
  const now = referredBy(references, options.without);
  for (const { sha256 } of [...removed.values()]) {
    if (now.has(sha256)) {
      restore(store, sha256);
      removed.delete(sha256);
    } else rmSync(store.asideOf(sha256), { force: true });
  }
  return [...removed.values()];
}

// Two sweeps at once would take what the other put aside for left behind.
async function waitForLock(path: string): Promise<LockFile> {
  for (;;) {
    const lock = tryLock(path);
    if ('release' in lock) return lock;
    await sleep(50);
  }
}

function referredBy(references: BlobReferences, without: ReadonlySet<string> = new Set()): Set<string> {
  return new Set(references.list().flatMap(({ name, blobs }) => (without.has(name) ? [] : blobs)));
}

function restore(store: BlobStore, sha256: string): void {
  if (existsSync(store.pathOf(sha256))) rmSync(store.asideOf(sha256), { force: true });
  else renameSync(store.asideOf(sha256), store.pathOf(sha256));
}

/** Blobs that an earlier sweep moved aside when it was killed. */
function leftAside(store: BlobStore, referred: ReadonlySet<string>): SweptBlob[] {
  return list(dirname(store.asideOf('0'.repeat(64))))
    .filter((name) => /^[0-9a-f]{64}$/.test(name) && !referred.has(name))
    .map((sha256) => ({ sha256, bytes: statSync(store.asideOf(sha256), { throwIfNoEntry: false })?.size ?? 0, path: store.asideOf(sha256) }));
}

/** Every blob of a store. */
export function digestsIn(folder: string): string[] {
  return list(folder)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .flatMap((name) => list(join(folder, name)).filter((digest) => /^[0-9a-f]{64}$/.test(digest)));
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
