// Compares the files of a run folder with those rebuilt from its exported history. Prints "equal", or what differs.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const run = process.argv[2];
const odw = fileURLToPath(new URL('../../dist/cli/odw.js', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'odw-rebuilt-'));
const root = join(run, '../../..');
try {
  const runs = join(copy, '.odw/runs', basename(run));
  cpSync(join(run, 'history.json'), join(runs, 'history.json'), { recursive: true });
  execFileSync(process.execPath, [odw, 'runs', 'rebuild', basename(run), '--path', copy, '--offline'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const differing = ['events.jsonl', 'state.json'].filter((file) => text(run, file) !== text(runs, file));
  console.log(differing.length === 0 ? 'equal' : `${differing.join(', ')} differ`);
} catch (error) {
  console.log(error.message);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function text(dir, file) {
  return readFileSync(join(dir, file), 'utf8').replaceAll(copy, root);
}
