import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';

const block = 512;

/**
 * Takes the first regular file whose name matches out of a gzipped tar archive (ustar; long names are not needed here).
 * The whole archive is read, so that a cut or damaged one is noticed by its check sum.
 *
 * @returns whether a file matched
 * @throws when the archive is damaged or ends early
 */
export async function extractFromTarGz(archive: string, name: RegExp, destination: string): Promise<boolean> {
  const input = createReadStream(archive);
  const gunzip = createGunzip();
  input.on('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  let out: WriteStream | undefined;
  let found = false;
  let pending: Buffer = Buffer.alloc(0);
  let content = 0; // bytes of the present file still to come
  let padding = 0; // bytes to the next block after it
  for await (const chunk of gunzip) {
    pending = pending.length > 0 ? Buffer.concat([pending, chunk as Buffer]) : (chunk as Buffer);
    for (;;) {
      if (content > 0 || padding > 0) {
        const part = pending.subarray(0, content > 0 ? content : padding);
        if (part.length === 0) break;
        if (content > 0) {
          if (out && !out.write(part)) await once(out, 'drain');
          content -= part.length;
          if (content === 0 && out) out = await close(out);
        } else padding -= part.length;
        pending = pending.subarray(part.length);
        continue;
      }
      if (pending.length < block) break;
      const header = pending.subarray(0, block);
      pending = pending.subarray(block);
      if (header[0] === 0) continue; // end marker
      content = readOctal(header, 124, 12);
      padding = (block - (content % block)) % block;
      const type = header[156];
      if (!found && (type === 0 || type === 0x30) && name.test(readText(header, 0, 100))) {
        found = true;
        out = createWriteStream(destination, { mode: 0o755 });
        await once(out, 'open');
        if (content === 0) out = await close(out);
      }
    }
  }
  if (content > 0) throw new Error('the archive ends in the middle of a file');
  return found;
}

async function close(out: WriteStream): Promise<undefined> {
  out.end();
  // Not 'finish': a program whose file is still open for writing cannot be executed.
  await once(out, 'close');
}

function readText(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function readOctal(header: Buffer, from: number, length: number): number {
  const value = Number.parseInt(readText(header, from, length).trim(), 8);
  if (!Number.isFinite(value)) throw new Error('the archive is damaged: a header has no size');
  return value;
}
