import './v8.ts';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Names the text of `dist/odw.cjs`; put in by the build. */
declare const odwDigest: string;

// The command `odw` as it is built: one file with all of it, wrapped as Node wraps CommonJS modules. As 260 files that Node finds, reads and compiles
// one by one, the start took 0.1 s longer; and a host that runs for days has all of its parts, also when an upgrade takes the files away.
// Beside it, where odw was built on this machine, lies the code that V8 made of it. V8 itself would take any code for a text of the same length, so
// the file's name says which text and which V8 it is for, and its end that it is whole. Run from `dist/cli/`.
const file = fileURLToPath(new URL('../odw.cjs', import.meta.url));
const codeFile = file.replace(/cjs$/, `${odwDigest}.${process.version}-${process.platform}-${process.arch}-${cachedDataVersionTag()}.code`);
const sumBytes = 4;

const script = new Script(readFileSync(file, 'latin1'), {
  // Made code keeps this name.
  filename: 'odw.cjs',
  cachedData: madeCode(),
});
// Only the build asks for this.
if (process.env['ODW_MAKE_CODE']) process.once('exit', () => writeFileSync(codeFile, withSum(script.createCachedData())));

const module = { exports: {} };
const run = script.runInThisContext() as (...args: unknown[]) => void;
// Code that was made before cannot load ES modules by itself: V8 forgets on whose behalf it would.
run(module.exports, createRequire(file), module, file, dirname(file), (name: string) => import(name));

function madeCode(): Buffer | undefined {
  try {
    // A text that was changed by hand counts, not what was made of it before.
    if (statSync(file).mtimeMs > statSync(codeFile).mtimeMs) return undefined;
    const whole = readFileSync(codeFile);
    const code = whole.subarray(0, -sumBytes);
    return crc32(code) === whole.readUInt32LE(code.length) ? code : undefined;
  } catch {
    return undefined;
  }
}

function withSum(code: Buffer): Buffer {
  const sum = Buffer.alloc(sumBytes);
  sum.writeUInt32LE(crc32(code));
  return Buffer.concat([code, sum]);
}
