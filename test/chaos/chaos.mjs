#!/usr/bin/env node
// npm run chaos [--seeds N] [--from S] [--minutes M]: random kills of host, server, both and executors' parents.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSeed } from './seed.mjs';
import { prepareEngine } from './engine.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const seeds = option('seeds', 50);
const first = option('from', 1);
const deadline = Date.now() + option('minutes', 10) * 60_000;

const home = mkdtempSync(join(tmpdir(), 'odw-chaos-home-'));
const { env, stop } = await prepareEngine(home);
let passed = 0;
let failed = 0;
const dispatch = [];
const killed = {};
for (let seed = first; seed < first + seeds && Date.now() < deadline; seed++) {
  const began = Date.now();
  const result = await runSeed(seed, env);
  dispatch.push(...result.dispatch);
  for (const what of result.kills) killed[what] = (killed[what] ?? 0) + 1;
  if (result.problems.length === 0) passed++;
  else failed++;
  console.log(
    `seed ${seed}: ${result.problems.length === 0 ? 'ok' : 'FAILED'}  ${((Date.now() - began) / 1000).toFixed(1)} s  killed ${result.kills.join(', ') || 'nothing'}`,
  );
  for (const problem of result.problems) console.log(`  ${problem}`);
}
await stop();
rmSync(home, { recursive: true, force: true, maxRetries: 5 });

const sorted = dispatch.sort((a, b) => a - b);
const at = (share) => `${((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) / 1000).toFixed(2)} s`;
console.log(
  `killed: ${Object.entries(killed)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')}`,
);
console.log(`start of a host to its next dispatch, ${sorted.length} times: median ${at(0.5)}, nine in ten under ${at(0.9)}, longest ${at(1)}`);
if (passed + failed < seeds) console.log(`time was over after ${passed + failed} of ${seeds} seeds`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
