#!/usr/bin/env node
// npm run chaos -- [--seeds N] [--from S] [--minutes M] [--parallel P]: random kills of hosts, the server, executors' parents and whole process groups.
// Runs N seeds (50), as many as fit into M minutes (10). `--from S --seeds 1` repeats seed S.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { distribution } from './distribution.mjs';
import { prepareEngine } from './engine.mjs';
import { runSeed } from './seed.mjs';

const minutes = option('minutes');
const seeds = option('seeds') ?? (minutes === undefined ? 50 : Infinity);
const first = option('from') ?? 1;
const lanes = Math.min(option('parallel') ?? Math.min(2, availableParallelism()), seeds);
const deadline = Date.now() + (minutes ?? (seeds > 50 ? Infinity : 10)) * 60_000;

let next = first;
let passed = 0;
let failed = 0;
const dispatch = [];
const killed = {};
await Promise.all(Array.from({ length: lanes }, () => lane()));

console.log(
  `killed: ${Object.entries(killed)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')}`,
);
console.log(`start of a host to the next start of an executor, ${distribution(dispatch)}`);
if (seeds !== Infinity && passed + failed < seeds) console.log(`the time was over after ${passed + failed} of ${seeds} seeds`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

// A lane has a server of its own: a kill must reach no other seed.
async function lane() {
  const home = mkdtempSync(join(tmpdir(), 'odw-chaos-home-'));
  const { env, stop } = prepareEngine(home);
  while (next < first + seeds && Date.now() < deadline) await one(next++, env);
  stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

async function one(seed, env) {
  const began = Date.now();
  const result = await runSeed(seed, env).catch((error) => ({ problems: [error.stack], story: [], kills: [], dispatch: [] }));
  dispatch.push(...result.dispatch);
  for (const what of result.kills) killed[what] = (killed[what] ?? 0) + 1;
  const ok = result.problems.length === 0;
  if (ok) passed++;
  else failed++;
  console.log(`seed ${seed}: ${ok ? 'ok' : 'FAILED'}  ${((Date.now() - began) / 1000).toFixed(1)} s  ${result.kills.join(', ') || 'nothing killed'}`);
  if (ok) return;
  for (const line of [...result.problems, 'what happened:', ...result.story]) console.log(`  ${line}`);
  console.log(`  again: npm run chaos -- --from ${seed} --seeds 1`);
}

function option(name) {
  const at = process.argv.indexOf(`--${name}`);
  if (at === -1) return undefined;
  const value = Number(process.argv[at + 1]);
  if (!(value > 0)) {
    console.error(`--${name} takes a number above 0, got ${process.argv[at + 1]}`);
    process.exit(2);
  }
  return value;
}
