#!/usr/bin/env node
// Fails when a source file or a test is larger than 16 KB, fixtures left out; prints how large nine in ten are. `node scripts/check-sizes.mjs [FOLDER]`
import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const limit = 16 * 1024;
const folders = ['cli', 'temporal', 'activities', 'workflows', 'pandacode', 'src', 'schemas', 'system', 'types', 'scripts', 'bench', 'test'];
const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));

const files = [];
for (const folder of folders) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !/\.(ts|tsx|mjs|js)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    if (relative(root, path).split(sep).includes('fixtures')) continue;
    files.push({ path: relative(root, path), size: (await stat(path)).size });
  }
}
if (files.length === 0) {
  console.error(`no source files under ${root}`);
  process.exit(1);
}

files.sort((a, b) => a.size - b.size);
const kilobytes = (size) => `${(size / 1024).toFixed(1)} KB`;
const nineInTen = files[Math.ceil(files.length * 0.9) - 1];
const largest = files.at(-1);
console.log(`sizes: ${files.length} files, nine in ten at most ${kilobytes(nineInTen.size)}, largest ${kilobytes(largest.size)} (${largest.path})`);
const tooLarge = files.filter((file) => file.size > limit);
for (const { path, size } of tooLarge) console.error(`${path}: ${kilobytes(size)}; split what is over ${kilobytes(limit)}`);
if (tooLarge.length > 0) process.exit(1);
