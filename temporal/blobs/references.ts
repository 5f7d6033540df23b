import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic, writeFileOnce } from '../../system/files.ts';

/** A run that may refer to blobs, and where it lives. */
export interface BlobOwner {
  runId: string;
  root: string;
  runDir: string;
  /** The server that has its history: `managed`, or address and namespace. */
  server: string;
}

/** What one workflow refers to. */
export interface Owned {
  /** Name of the workflow's files in the folder. */
  name: string;
  /** Undefined when no host told whose they are: such references are never dropped. */
  owner: BlobOwner | undefined;
  blobs: string[];
}

/**
 * Which workflow refers to which blob, in `<blobs>/refs`, for all projects that share the store. A reference is on disk before its blob is looked for
 * or written, so a blob that nothing here names is one that no history names either, and none will (see {@link sweepBlobs}).
 * Files: `<workflow>.blobs`, a digest a line, only ever longer; `<workflow>.run`, the run's folder; `since`, from when on references were kept.
 */
export class BlobReferences {
  private readonly known = new Map<string, Set<string>>();
  private readonly pending = new Map<string, { digests: Set<string>; done: Promise<void> }>();
  private readonly folder: string;

  /** @param blobs folder of the blob store */
  constructor(private readonly blobs: string) {
    this.folder = join(blobs, 'refs');
  }

  /** Keeps that a workflow refers to these blobs. On disk when it resolves; calls of one moment share a flush. */
  async add(workflowId: string, digests: readonly string[]): Promise<void> {
    const name = nameOf(workflowId);
    const known = this.known.get(name);
    const fresh = digests.filter((digest) => !known?.has(digest));
    if (fresh.length === 0) return;
    let batch = this.pending.get(name);
    if (!batch) {
      const mine = { digests: new Set<string>(), done: Promise.resolve() };
      mine.done = (async () => {
        await new Promise((resolve) => setImmediate(resolve));
        this.pending.delete(name);
        await this.append(name, [...mine.digests]);
      })();
      this.pending.set(name, mine);
      batch = mine;
    }
    for (const digest of fresh) batch.digests.add(digest);
    await batch.done;
  }

  /** Keeps where the run of a workflow has its folder. */
  own(owner: BlobOwner): void {
    writeFileAtomic(join(this.folder, `${nameOf(owner.runId)}.run`), JSON.stringify(owner));
  }

  /** What each workflow refers to; lines that a crash cut are passed over, for their blob was not written yet. */
  list(): Owned[] {
    const files = names(this.folder);
    return [...new Set(files.flatMap((file) => /^(.+)\.(?:blobs|run)$/.exec(file)?.[1] ?? []))].map((name) => ({
      name,
      owner: readOwner(join(this.folder, `${name}.run`)),
      blobs: [...new Set((read(join(this.folder, `${name}.blobs`)) ?? '').match(/^[0-9a-f]{64}$/gm) ?? [])],
    }));
  }

  /** What one workflow refers to. */
  of(workflowId: string): Owned {
    const name = nameOf(workflowId);
    return this.list().find((one) => one.name === name) ?? { name, owner: undefined, blobs: [] };
  }

  /** Every blob that is referred to. */
  all(): Set<string> {
    return new Set(this.list().flatMap(({ blobs }) => blobs));
  }

  /** Drops what a workflow refers to. Only for one whose history is gone. */
  drop(name: string): void {
    this.known.delete(name);
    for (const end of ['blobs', 'run']) rmSync(join(this.folder, `${name}.${end}`), { force: true });
  }

  /** Epoch milliseconds from which on every blob has its references; undefined: none has. Older blobs may be referred to by anyone. */
  since(): number | undefined {
    const since = Number(read(join(this.folder, 'since'))?.trim() || NaN);
    return Number.isFinite(since) ? since : undefined;
  }

  private async append(name: string, digests: string[]): Promise<void> {
    const path = join(this.folder, `${name}.blobs`);
    await this.begin();
    const isNew = !existsSync(path);
    const file = await open(path, 'a', 0o600);
    try {
      // The line end in front closes a line that a crash cut.
      await file.writeFile(`\n${digests.join('\n')}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(this.folder);
    // Only what is on disk counts as known. Another process may have dropped the file: then the next host writes it anew.
    const known = this.known.get(name) ?? new Set();
    for (const digest of digests) known.add(digest);
    this.known.set(name, known);
  }

  private async begin(): Promise<void> {
    if (existsSync(join(this.folder, 'since'))) return;
    // Blobs of before were written by a version that kept no references.
    const isFresh = !names(this.blobs).some((entry) => /^[0-9a-f]{2}$/.test(entry));
    await mkdir(this.folder, { recursive: true });
    writeFileOnce(join(this.folder, 'since'), `${isFresh ? 0 : Date.now()}\n`);
  }
}

/** Names the server that a history is on. The one that odw starts itself is always the same, on whatever port. */
export function serverName(engine: { address: string; namespace: string; managed: boolean }): string {
  return engine.managed ? 'managed' : `${engine.address} ${engine.namespace}`;
}

/** Flushes the name of a new file. Some systems cannot open folders. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // not supported here
  } finally {
    await handle?.close();
  }
}

// Workflow ids are any text; ours are plain, and stay readable.
function nameOf(workflowId: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,150}$/.test(workflowId)) return workflowId;
  return `${workflowId.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 100)}.${createHash('sha256').update(workflowId).digest('hex').slice(0, 16)}`;
}

function readOwner(path: string): BlobOwner | undefined {
  try {
    const value = JSON.parse(read(path) ?? '') as Partial<BlobOwner>;
    const { runId, root, runDir, server } = value;
    return runId && root && runDir && server ? { runId, root, runDir, server } : undefined;
  } catch {
    return undefined;
  }
}

// A file that another process drops in this moment is none.
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
