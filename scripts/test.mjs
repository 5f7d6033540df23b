#!/usr/bin/env node
// Runs test suites one after another and ends with one line over all of them: `N passed, N failed`. `node scripts/test.mjs SUITE…`
// Under CI, files that failed beside others (most work with real processes) are run once more alone: what passes then is named as unsteady, what fails twice has failed.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countResults, failedFiles, withSecondLook } from './count-results.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

// Files of the fast suites run two at a time; those that measure, install or drive a browser have the machine to themselves.
const suites = {
  unit: [],
  integration: ['--maxWorkers=2'],
  crash: ['--maxWorkers=2'],
  real: ['--no-file-parallelism'],
  browser: ['--no-file-parallelism'],
  scale: ['--no-file-parallelism'],
  engine: ['--no-file-parallelism'],
  package: ['--no-file-parallelism'],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((suite) => !(suite in suites));
if (wanted.length === 0 || unknown.length > 0) {
  console.error(`usage: node scripts/test.mjs SUITE…  (${Object.keys(suites).join(', ')})${unknown.length > 0 ? `; unknown: ${unknown.join(', ')}` : ''}`);
  process.exit(2);
}

const scratch = await mkdtemp(join(tmpdir(), 'odw-results-'));
const total = { passed: 0, failed: 0, skipped: 0 };
for (const suite of wanted) {
  const counts = await runSuite(suite);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
await rm(scratch, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

async function runSuite(suite) {
  console.log(`\n=== ${suite}`);
  const first = await runFiles(suite, []);
  const again = process.env.CI ? failedFiles(first.results) : [];
  // Many files fail of a cause, not of chance.
  if (again.length === 0 || again.length > 5) return first.counts;
  console.log(`\n=== ${suite}, once more: ${again.join(', ')}`);
  const second = await runFiles(suite, again);
  const counts = withSecondLook(first, second);
  for (const name of counts.unsteady) console.log(`unsteady: ${name}`);
  return counts;
}

async function runFiles(suite, files) {
  const file = join(scratch, `${suite}-${files.length}.json`);
  const args = ['run', '--project', suite, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...suites[suite], ...files];
  const code = await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args]);
  const results = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
  const { problems, ...counts } = countResults(code, results);
  for (const problem of problems) console.error(`${suite}: ${problem}`);
  return { results, counts };
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
}
