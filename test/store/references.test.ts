import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { blobDriver } from '../../temporal/blobs/blob-driver.ts';
import { openBlobStore, type BlobStore } from '../../temporal/blobs/blob-store.ts';
import { BlobReferences } from '../../temporal/blobs/references.ts';
import { sweepBlobs } from '../../temporal/blobs/sweep.ts';

const root = mkdtempSync(join(tmpdir(), 'odw-references-'));
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

let store: BlobStore;
let references: BlobReferences;
let count = 0;
beforeEach(() => {
  store = openBlobStore(join(root, String(count++), 'blobs'));
  references = new BlobReferences(store.folder);
});

const bytes = (text: string) => new TextEncoder().encode(text);
const keep = async (run: string, text: string) => {
  const driver = blobDriver(store, references, 1_000_000);
  const [claim] = await driver.store({ target: { kind: 'workflow', namespace: 'default', id: run } }, [{ data: bytes(text) }]);
  return claim!.claimData['sha256']!;
};
const names = (swept: { sha256: string }[]) => swept.map(({ sha256 }) => sha256);

describe('references to blobs', () => {
  it('ART-01 a blob is kept as long as one run of any project refers to it, and goes with the last', async () => {
    const shared = await keep('odw-exec-1', 'shared');
    expect(await keep('odw-exec-2', 'shared')).toBe(shared);
    const own = await keep('odw-exec-1', 'own');
    expect(await sweepBlobs(store, references)).toEqual([]);
    const { name, blobs } = references.of('odw-exec-1');
    expect(new Set(blobs)).toEqual(new Set([shared, own]));
    references.drop(name);
    expect(names(await sweepBlobs(store, references, { only: blobs }))).toEqual([own]);
    expect([await store.has(shared), await store.has(own)]).toEqual([true, false]);
    references.drop(references.of('odw-exec-2').name);
    expect(names(await sweepBlobs(store, references, { dryRun: true }))).toEqual([shared]);
    expect(await store.has(shared)).toBe(true);
    expect(names(await sweepBlobs(store, references))).toEqual([shared]);
    expect(await store.has(shared)).toBe(false);
  });

  it('stand on disk before the blob does', async () => {
    let blobWhenReferred: boolean | undefined;
    const watched = new Proxy(references, {
      get: (target, name) =>
        name !== 'add'
          ? (Reflect.get(target, name) as unknown)
          : async (run: string, digests: string[]) => {
              await target.add(run, digests);
              blobWhenReferred = await store.has(digests[0]!);
            },
    });
    await blobDriver(store, watched, 1000).store({ target: { kind: 'workflow', namespace: 'default', id: 'a' } }, [{ data: bytes('x') }]);
    expect(blobWhenReferred).toBe(false);
  });

  it('hold many of one moment, each once, also from several writers and for ids of any text', async () => {
    const digests = Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(64, '0'));
    const other = new BlobReferences(store.folder);
    const id = 'nightly-2027-03-01T08:00:00Z/../x';
    await Promise.all(digests.flatMap((digest) => [references.add(id, [digest]), other.add(id, [digest])]));
    const [owned] = references.list();
    expect(owned?.blobs.toSorted()).toEqual(digests);
    expect(references.list()).toHaveLength(1);
    expect(readFileSync(join(store.folder, 'refs', `${owned!.name}.blobs`), 'utf8').length).toBeLessThan(2 * 201 * 66);
  });

  it('survive a line that a crash cut', async () => {
    const first = await keep('r', 'first');
    writeFileSync(join(store.folder, 'refs', 'r.blobs'), first.slice(0, 20), { flag: 'a' });
    const second = await keep('r', 'second');
    expect(references.of('r').blobs.toSorted()).toEqual([first, second].toSorted());
    expect(await sweepBlobs(store, references)).toEqual([]);
  });
});

describe('the sweep of blobs', () => {
  it('removes nothing in a store of before references were kept, nor what is younger than asked', async () => {
    const old = await store.write(bytes('old'));
    utimesSync(store.pathOf(old), new Date(0), new Date(Date.now() - 60_000));
    expect(await sweepBlobs(store, references)).toEqual([]);
    await keep('r', 'new');
    references.drop('r');
    expect(await sweepBlobs(store, references, { minAgeMs: 60_000 })).toEqual([]);
    expect(await sweepBlobs(store, references)).toHaveLength(1);
    expect(await store.has(old)).toBe(true);
  });

  it('gives back a blob that a run began to refer to while it was being removed', async () => {
    const digest = await keep('gone', 'wanted again');
    references.drop('gone');
    const late = new BlobReferences(store.folder);
    let looks = 0;
    const racing = new Proxy(references, {
      get: (target, name) => {
        if (name !== 'list') return Reflect.get(target, name) as unknown;
        return () => {
          // The second look comes after the blob was put aside.
          if (++looks === 2) {
            expect(existsSync(store.pathOf(digest))).toBe(false);
            mkdirSync(join(store.folder, 'refs'), { recursive: true });
            writeFileSync(join(store.folder, 'refs', 'starting.blobs'), `\n${digest}\n`);
          }
          return target.list();
        };
      },
    });
    expect(await sweepBlobs(store, racing)).toEqual([]);
    expect(looks).toBe(2);
    expect(new TextDecoder().decode(await store.read(digest)).slice(-12)).toBe('wanted again');
    expect(late.of('starting').blobs).toEqual([digest]);
  });

  it('ART-01 that was killed in the middle loses nothing: the blob is read where it lies, and the next sweep puts it back or ends the work', async () => {
    const [wanted, unwanted] = [await keep('stays', 'wanted'), await keep('goes', 'unwanted')];
    for (const digest of [wanted, unwanted]) {
      mkdirSync(dirname(store.asideOf(digest)), { recursive: true });
      renameSync(store.pathOf(digest), store.asideOf(digest));
    }
    references.drop('goes');
    expect(Buffer.from(await store.read(wanted)).toString()).toContain('wanted');
    expect(names(await sweepBlobs(store, references, { dryRun: true }))).toEqual([unwanted]);
    expect(names(await sweepBlobs(store, references))).toEqual([unwanted]);
    expect([existsSync(store.pathOf(wanted)), existsSync(store.asideOf(wanted)), existsSync(store.asideOf(unwanted))]).toEqual([true, false, false]);
  });

  it('beside runs that start, use and leave the same contents never takes one that is referred to', async () => {
    const contents = Array.from({ length: 8 }, (_, index) => `content ${index}`);
    let sweeping = true;
    const sweeps = (async () => {
      let removed = 0;
      while (sweeping) {
        removed += (await sweepBlobs(store, references)).length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      return removed;
    })();
    await Promise.all(
      Array.from({ length: 6 }, async (_, run) => {
        for (let round = 0; round < 25; round++) {
          const id = `run-${run}-${round}`;
          const text = contents[(run + round) % contents.length]!;
          const digest = await keep(id, text);
          await new Promise((resolve) => setImmediate(resolve));
          expect(Buffer.from(await store.read(digest)).toString()).toContain(text);
          references.drop(id);
        }
      }),
    );
    sweeping = false;
    expect(await sweeps).toBeGreaterThan(0);
  });
});
