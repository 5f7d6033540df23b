import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { readInside, writeInside } from '../bamboo/safety/open-inside.ts';
import type { Boundary } from '../bamboo/safety/protected-paths.ts';

const mostBytes = 16 * 1024 * 1024;

/** Reads a file, or `limit` of its lines from `line` (from 1) on. Throws for a folder or a file over 16 MB. */
export function readTextFile(path: string, boundary: Boundary, line?: number | null, limit?: number | null): string {
  const { size } = statSync(path);
  if (size > mostBytes) throw new Error(`${path} is too large to be read as a whole (${size} bytes)`);
  const text = readInside(path, boundary, mostBytes).toString('utf8');
  if (line == null && limit == null) return text;
  const from = Math.max(0, (line ?? 1) - 1);
  return text
    .split('\n')
    .slice(from, limit == null ? undefined : from + limit)
    .join('\n');
}

/** Writes a file, with the folders above it. */
export function writeTextFile(path: string, content: string, boundary: Boundary): void {
  mkdirSync(dirname(path), { recursive: true });
  writeInside(path, content, boundary);
}
