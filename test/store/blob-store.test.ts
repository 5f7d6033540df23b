import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openBlobStore, type BlobStore } from '../../temporal/blobs/blob-store.ts';
import { checkPayloadSize, payloadMaximum } from '../../temporal/blobs/payload-limit.ts';
import { failureOf } from '../engine/support/failure.ts';

const root = mkdtempSync(join(tmpdir(), 'odw-blobs-'));
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

let store: BlobStore;
let count = 0;
beforeEach(() => {
  store = openBlobStore(join(root, String(count++), 'not', 'yet', 'there'));
});

const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

const openFiles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

describe('the blob store', () => {
  it('gives back what was written, under its SHA-256', async () => {
    const content = bytes('some answer');
    const digest = await store.write(content);
    expect(digest).toBe(sha256(content));
    expect(store.pathOf(digest)).toBe(join(store.folder, digest.slice(0, 2), digest));
    expect(Buffer.from(await store.read(digest))).toEqual(Buffer.from(content));
    expect([await store.has(digest), await store.has('0'.repeat(64))]).toEqual([true, false]);
  });

  it('keeps empty and large content', async () => {
    for (const content of [new Uint8Array(0), new Uint8Array(20_000_000).fill(7)]) {
      const digest = await store.write(content);
      expect(Buffer.compare(await store.read(digest), content)).toBe(0);
    }
  });

  it('stores equal content once, also when it is written many times at once, and leaves no temporary files', async () => {
    const content = bytes('x'.repeat(100_000));
    const digests = await Promise.all(Array.from({ length: 40 }, () => store.write(content)));
    expect(new Set(digests).size).toBe(1);
    expect(readdirSync(dirname(store.pathOf(digests[0] ?? '')))).toEqual([digests[0]]);
  });

  it('names a missing blob', async () => {
    const digest = await store.write(bytes('gone'));
    rmSync(store.pathOf(digest));
    const failure = await failureOf(store.read(digest));
    expect(failure).toMatchObject({ slug: 'blob-missing', fields: { sha256: digest, path: store.pathOf(digest) } });
  });

  it.each([
    ['changed', (path: string) => writeFileSync(path, 'five!')],
    ['cut', (path: string) => truncateSync(path, 2)],
  ])('names a blob that was %s, and gives no part of it', async (_how, damage) => {
    const digest = await store.write(bytes('fives'));
    damage(store.pathOf(digest));
    expect(await failureOf(store.read(digest))).toMatchObject({ slug: 'blob-damaged', fields: { sha256: digest } });
  });

  it('heals a blob that a crash had cut, when it is written again', async () => {
    const digest = await store.write(bytes('whole content'));
    truncateSync(store.pathOf(digest), 3);
    await store.write(bytes('whole content'));
    expect(new TextDecoder().decode(await store.read(digest))).toBe('whole content');
  });

  it('heals a blob of the right size and wrong content the same way', async () => {
    const digest = await store.write(bytes('right'));
    writeFileSync(store.pathOf(digest), 'wrong');
    await store.write(bytes('right'));
    expect(new TextDecoder().decode(await store.read(digest))).toBe('right');
  });

  it('takes thousands at once with few open files', async () => {
    const contents = Array.from({ length: 2000 }, (_, index) => bytes(`content ${index}`));
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, openFiles())), 1);
    const digests = await Promise.all(contents.map((content) => store.write(content)));
    const read = await Promise.all(digests.map((digest) => store.read(digest)));
    clearInterval(watch);
    expect(read.every((one, index) => Buffer.from(one).equals(contents[index] ?? new Uint8Array()))).toBe(true);
    if (process.platform === 'linux') expect(most).toBeLessThan(150);
  });

  it.each(['', '../../etc/passwd', 'A'.repeat(64), '0'.repeat(63)])('never makes a path of %j', async (name) => {
    expect(await failureOf((async () => store.read(name))())).toMatchObject({ slug: 'blob-missing' });
  });

  it('passes on that it cannot write', async () => {
    const folder = join(root, 'file');
    writeFileSync(folder, '');
    await expect(openBlobStore(folder).write(bytes('x'))).rejects.toThrow(/ENOTDIR|EEXIST/);
    mkdirSync(join(root, 'closed'));
    chmodSync(join(root, 'closed'), 0o500);
    if (process.getuid?.() !== 0) await expect(openBlobStore(join(root, 'closed')).write(bytes('x'))).rejects.toThrow(/EACCES/);
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });
});

describe('the payload maximum', () => {
  it('is 64 MiB, or ODW_MAX_PAYLOAD', () => {
    expect(payloadMaximum({})).toBe(67_108_864);
    expect(payloadMaximum({ ODW_MAX_PAYLOAD: '1000' })).toBe(1000);
  });
  it.each(['0', '-1', '1.5', '64MB', 'NaN', '1e99'])('refuses ODW_MAX_PAYLOAD=%s', async (text) => {
    expect(await failureOf((async () => payloadMaximum({ ODW_MAX_PAYLOAD: text }))())).toMatchObject({ slug: 'engine-config', exitCode: 2 });
  });
  it('PROC-07 a value above it is refused by name', async () => {
    checkPayloadSize(10, 'the input', 10);
    const failure = await failureOf((async () => checkPayloadSize(11, 'the input', 10))());
    expect(failure).toMatchObject({ slug: 'payload-too-large', fields: { bytes: 11, maximum: 10, what: 'the input' } });
  });
});
