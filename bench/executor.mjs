// What pandacode adds to a node: the same stand-in for a vendor's program, started bare and through pandacode.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pandacode = fileURLToPath(new URL('../dist/pandacode/pandacode.js', import.meta.url));
const runtime = fileURLToPath(new URL('../test/fixtures/clis/tell.mjs', import.meta.url));

/** One pair: milliseconds of the runtime alone, and of pandacode with it. */
export async function startUp() {
  const dir = mkdtempSync(join(tmpdir(), 'odw-bench-'));
  try {
    const bare = await timed(process.execPath, [runtime], dir);
    const whole = await timed(process.execPath, [pandacode, 'claude', 'exec', '--cd', dir, '--task', 'say it', '--claude-bin', runtime, '--json'], dir);
    return { bare, whole };
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function timed(command, args, cwd) {
  const began = performance.now();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'ignore'] });
  return new Promise((done, fail) =>
    child.once('close', (code) => (code === 0 ? done(performance.now() - began) : fail(new Error(`${args.join(' ')} ended with ${code}`)))),
  );
}
