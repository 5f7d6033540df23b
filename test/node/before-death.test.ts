import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../../system/before-death.ts');
let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odw-death-'));
  program = join(folder, 'program.mjs');
  const entry = join(folder, 'entry.ts');
  // Says when it listens; told `off` it calls the cleaning off, and then says whatever it is told.
  writeFileSync(
    entry,
    `import { beforeDeath } from ${JSON.stringify(source)};
const off = beforeDeath(() => process.stdout.write('cleaned\\n'));
process.stdin.setEncoding('utf8').on('data', (text) => { if (text.startsWith('off')) off(); process.stdout.write(text); });
process.stdout.write('ready\\n');
`,
  );
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function start() {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  let tell = () => {};
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    tell();
  });
  const end = new Promise<[number | null, NodeJS.Signals | null, string]>((resolve) => child.on('close', (code, signal) => resolve([code, signal, text])));
  const said = (word: string) =>
    new Promise<void>((resolve) => {
      tell = () => text.includes(word) && resolve();
      tell();
    });
  return { child, end, said };
}

describe('what is cleaned before death', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is cleaned at %s, and the process dies of it', async (signal) => {
    const { child, end, said } = start();
    await said('ready');
    child.kill(signal);
    expect(await end).toEqual([null, signal, 'ready\ncleaned\n']);
  });

  it('is cleaned when the process ends by itself, and not after it was called off', async () => {
    const ended = start();
    await ended.said('ready');
    ended.child.stdin.end();
    expect(await ended.end).toEqual([0, null, 'ready\ncleaned\n']);
    const off = start();
    await off.said('ready');
    off.child.stdin.end('off\n');
    expect(await off.end).toEqual([0, null, 'ready\noff\n']);
  });
});
