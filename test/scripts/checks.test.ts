import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, maxRetries: 5 });
});

function check(script: string, files: Record<string, string>): { status: number | null; out: string; err: string } {
  const root = mkdtempSync(join(tmpdir(), 'odw-check-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(scripts, script), root], { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

describe('check-imports', () => {
  it('passes a tree whose imports point one way', () => {
    const { status, out } = check('check-imports.mjs', {
      'schemas/a.ts': `import * as z from 'zod';\nexport const a = z.string();`,
      'src/b.ts': `import { a } from '../schemas/a.ts';\nimport { parse } from 'acorn';\n// import 'node:fs' is only a comment\nexport const b = [a, parse, "import('node:fs')"];`,
      'workflows/c.ts': `import { proxyActivities } from '@temporalio/workflow';\nexport { b } from '../src/b.ts';`,
      'activities/d.ts': `import { readFileSync } from 'node:fs';\nimport type { T } from '../src/b.ts';`,
      'temporal/e.ts': `import '../activities/d.ts';`,
      'cli/f.ts': `import '../temporal/e.ts';\nimport manifest from '../package.json' with { type: 'json' };`,
    });
    expect([status, out]).toStrictEqual([0, 'imports: 6 files point one way\n']);
  });

  it('refuses every import that points another way, by file and line', () => {
    const wrong: [string, string, string][] = [
      ['schemas/wrong1.ts', `import { b } from '../src/b.ts';`, 'schemas/ must not import from src/'],
      ['schemas/wrong2.ts', `import 'acorn';`, 'schemas/ must not import the package acorn'],
      ['src/wrong3.ts', `import { join } from 'node:path';`, 'src/ must not import node:path'],
      ['src/wrong4.ts', `import type { Stats } from 'fs';`, 'src/ must not import fs'],
      ['src/wrong5.ts', `export { x } from '../system/x.ts';`, 'src/ must not import from system/'],
      ['src/wrong6.ts', `export const f = async () => await import('node:os');`, 'src/ must not import node:os'],
      ['src/deep/wrong7.ts', `import '@temporalio/client';`, 'src/ must not import the package @temporalio/client'],
      ['workflows/wrong8.ts', `import 'crypto';`, 'workflows/ must not import crypto'],
      ['workflows/wrong9.ts', `import '@temporalio/worker';`, 'workflows/ must not import the package @temporalio/worker'],
      ['workflows/wrong10.ts', `import type { A } from '../activities/a.ts';`, 'workflows/ must not import from activities/'],
      ['activities/wrong11.ts', `import '../temporal/a.ts';`, 'activities/ must not import from temporal/'],
      ['activities/wrong12.ts', `import '../workflows/a.ts';`, 'activities/ must not import from workflows/'],
      ['system/wrong13.ts', `import '../cli/a.ts';`, 'system/ must not import from cli/'],
      ['pandacode/wrong14.ts', `import '../activities/a.ts';`, 'pandacode/ must not import from activities/'],
      ['temporal/wrong15.ts', `import '../cli/a.ts';`, 'temporal/ must not import from cli/'],
      ['cli/wrong16.ts', `import '../test/a.ts';`, 'cli/ must not import from test/'],
    ];
    const { status, err } = check('check-imports.mjs', Object.fromEntries(wrong.map(([path, text]) => [path, `// a first line\n${text}\n`])));
    expect(status).toBe(1);
    for (const [path, , problem] of wrong) expect(err).toContain(`${path}:2: ${problem}`);
    expect(err.trim().split('\n').length).toBe(wrong.length);
  });

  it('does not pass an empty tree', () => {
    expect(check('check-imports.mjs', {}).status).toBe(1);
  });
});

describe('check-sizes', () => {
  it('names nine in ten and the largest', () => {
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`src/f${i}.ts`, 'x'.repeat((i + 1) * 1024)]));
    const { status, out } = check('check-sizes.mjs', { ...files, 'test/fixtures/large.ts': 'x'.repeat(100_000) });
    expect([status, out]).toStrictEqual([0, 'sizes: 10 files, nine in ten at most 9.0 KB, largest 10.0 KB (src/f9.ts)\n']);
  });

  it('fails on a source file over 16 KB, and takes 16 KB itself', () => {
    expect(check('check-sizes.mjs', { 'cli/a.ts': 'x'.repeat(16_384) }).status).toBe(0);
    const { status, err } = check('check-sizes.mjs', { 'cli/a.tsx': 'x'.repeat(16_385), 'cli/b.ts': '' });
    expect(status).toBe(1);
    expect(err).toContain('cli/a.tsx: 16.0 KB; split what is over 16.0 KB');
    expect(check('check-sizes.mjs', { 'test/cli/a.test.ts': 'x'.repeat(16_385) }).err).toContain('test/cli/a.test.ts: 16.0 KB');
  });

  it('does not pass an empty tree', () => {
    expect(check('check-sizes.mjs', {}).status).toBe(1);
  });
});
