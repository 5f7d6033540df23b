import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { HashedInputs, HashRequest } from '../../schemas/inputs.ts';
import { findInputs, InputProblem, type FoundInput } from './find-inputs.ts';

export interface HashInputsOptions {
  /** Most files. */
  maxFiles?: number;
  /** Most bytes of all files together. */
  maxBytes?: number;
  /** Longest time in milliseconds. */
  limitMs?: number;
}

const atOnce = 8;

/**
 * Hashes the files that a node names with `inputs` (EXPL-02): one SHA-256 over names and contents, whatever the patterns that found them.
 * Symbolic links count with what they point to when that is a file of the project, else with where they point. Never rejects: what cannot be
 * hashed is an answer, since a node fails with it.
 *
 * @param request the project's folder, and the option as its author wrote it
 */
export async function hashInputs(request: HashRequest, options: HashInputsOptions = {}): Promise<HashedInputs> {
  const { maxFiles = 20_000, maxBytes = 1024 ** 3, limitMs = 20_000 } = options;
  const ended = new AbortController();
  const late = new Promise<never>((_, reject) => {
    ended.signal.addEventListener('abort', () => reject(new InputProblem(`reading them took longer than ${limitMs / 1000} s: name fewer files`)));
  });
  late.catch(() => {});
  const limit = setTimeout(() => ended.abort(), limitMs);
  try {
    return await Promise.race([hash(request, { maxFiles, maxBytes, signal: ended.signal }), late]);
  } catch (error) {
    return { ok: false, message: `inputs: ${(error as Error).message}` };
  } finally {
    clearTimeout(limit);
    ended.abort();
  }
}

interface Limits {
  maxFiles: number;
  maxBytes: number;
  signal: AbortSignal;
}

async function hash(request: HashRequest, limits: Limits): Promise<HashedInputs> {
  const root = await realpath(request.root);
  const { files, empty } = await findInputs(root, { patterns: request.patterns, named: request.root }, limits);
  const sorted = files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const size = { bytes: 0 };
  const lines = new Array<string>(sorted.length);
  let next = 0;
  const work = async () => {
    for (let n = next++; n < sorted.length; n = next++) lines[n] = await lineOf(root, sorted[n] as FoundInput, size, limits);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, sorted.length) }, work));
  const whole = createHash('sha256');
  for (const line of lines) whole.update(line);
  return { ok: true, sha256: whole.digest('hex'), files: sorted.length, bytes: size.bytes, ...(empty.length > 0 ? { empty } : {}) };
}

async function lineOf(root: string, { path, target }: FoundInput, size: { bytes: number }, { maxBytes, signal }: Limits): Promise<string> {
  const name = JSON.stringify(path);
  if (target !== undefined) return `link ${name} ${JSON.stringify(target)}\n`;
  const content = createHash('sha256');
  try {
    for await (const chunk of createReadStream(join(root, path), { signal })) {
      content.update(chunk as Buffer);
      size.bytes += (chunk as Buffer).length;
      if (size.bytes > maxBytes)
        throw new InputProblem(`the files have more than ${Math.floor(maxBytes / 1024 ** 2)} MiB together: name those that the agent goes by`);
    }
  } catch (error) {
    if (error instanceof InputProblem) throw error;
    // It went away after it was listed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new InputProblem(`${path} cannot be read: ${(error as Error).message}`);
  }
  return `file ${name} ${content.digest('hex')}\n`;
}
