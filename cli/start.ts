import './v8.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

// The command `odw` as it is built: one file with all of it, wrapped as Node wraps CommonJS modules, and beside it the code that V8 made of it when
// odw was built. As 260 files that Node finds, reads and compiles one by one, the start took 0.1 s longer; and a host that runs for days has all of its
// parts, also when an upgrade takes the files away. Code of another V8 is refused by it, and made anew. Run from `dist/cli/`.
const file = fileURLToPath(new URL('../odw.cjs', import.meta.url));
const codeFile = `${file}.code`;

const script = new Script(readFileSync(file, 'latin1'), {
  // Made code keeps this name.
  filename: 'odw.cjs',
  cachedData: madeCode(),
});
// Only the build asks for this.
if (process.env['ODW_MAKE_CODE']) process.once('exit', () => writeFileSync(codeFile, script.createCachedData()));

const module = { exports: {} };
const run = script.runInThisContext() as (...args: unknown[]) => void;
// Code that was made before cannot load ES modules by itself: V8 forgets on whose behalf it would.
run(module.exports, createRequire(file), module, file, dirname(file), (name: string) => import(name));

function madeCode(): Buffer | undefined {
  try {
    return readFileSync(codeFile);
  } catch {
    return undefined;
  }
}
