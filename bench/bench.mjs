#!/usr/bin/env node
// npm run bench [NAME…]: prints the figures that the design sets bars for, measured on this machine in one go.
// npm run bench -- --peer PATH: the same scripts with the same executor on our odw and on another odw-compatible program, turn by turn, as ratios.
// --times N, and for small tries --mock 1,100 --nodes 100 --answers 0.1,10.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { usualSizes } from './cases.mjs';
import { startUp } from './executor.mjs';
import { measure, median, project, repeat, spread, start } from './measure.mjs';
import { compare } from './peer.mjs';

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { peer: { type: 'string' }, times: { type: 'string' }, mock: { type: 'string' }, nodes: { type: 'string' }, answers: { type: 'string' } },
});
const times = number(values.times ?? process.env['BENCH_TIMES'] ?? '5');
const sizes = {
  mock: values.mock?.split(',').map(number) ?? usualSizes.mock,
  nodes: number(values.nodes ?? String(usualSizes.nodes)),
  answers: values.answers?.split(',').map(number) ?? usualSizes.answers,
};
const fan = (n) => `return (await Promise.all(Array.from({ length: ${n} }, (_, i) => agent('node ' + i)))).length`;

const benches = {
  /** Whole process of one mock node, server warm. */
  async one() {
    await using(`return await agent('one')`, async (dir) => {
      await measure(dir, ['--script', 'flow.js']);
      const taken = await repeat(Math.max(times, 9), () => measure(dir, ['--script', 'flow.js']));
      line(
        'one mock node, whole process',
        spread(taken, (t) => t.process / 1000, 's', 2),
        'bar 0.70 s',
      );
    });
  },

  /** 1,000 and 5,000 mock nodes, 64 at once. */
  async wide() {
    const thousand = await fanned(1000, times);
    line(
      '1,000 mock nodes, 64 wide, the run',
      spread(thousand, (t) => t.run / 1000, 's', 2),
      'bar 3.50 s',
    );
    line(
      '1,000 mock nodes, 64 wide, whole process',
      spread(thousand, (t) => t.process / 1000, 's', 2),
    );
    if (thousand[0].peak)
      line(
        'memory of CLI and worker at 1,000 nodes',
        spread(thousand, (t) => t.peak, 'MB'),
        'bar 250 MB',
      );
    const many = await fanned(5000, 1, ['--max-agents', '5000']);
    line('5,000 against 1,000 nodes, per node', `${(many[0].run / 5000 / (median(thousand.map((t) => t.run)) / 1000)).toFixed(2)} times`, 'linear is 1');
  },

  /** 300 mock nodes one after another. */
  async sequential() {
    await using(`for (let i = 0; i < 300; i++) await agent('node ' + i)`, async (dir) => {
      const taken = await repeat(times, () => measure(dir, ['--script', 'flow.js']));
      line(
        'mock nodes one after another, per node',
        spread(taken, (t) => (t.process - 600) / 300, 'ms', 1),
        'bar 14 ms',
      );
    });
  },

  /** kill -9 of the host in mid-run: from the start of the next host to the next executor's start. */
  async kill() {
    const taken = await repeat(times, async () => {
      const place = project(`for (let i = 0; i < 6; i++) await agent('node ' + i)`);
      const executor = join(place.dir, 'executor');
      writeFileSync(
        executor,
        `#!/bin/sh\ndate +%s%3N >> starts\nsleep 0.4\necho '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"done"}'\n`,
      );
      chmodSync(executor, 0o755);
      const first = start(place.dir, ['--script', 'flow.js', '--backend', 'pandacode', '--pandacode-bin', './executor']);
      while (starts(place.dir).length < 3) await sleep(20);
      first.kill('SIGKILL');
      await new Promise((resolve) => first.on('close', resolve));
      await sleep(600); // the running executor ends meanwhile
      const began = Date.now();
      const before = starts(place.dir).length;
      await measure(place.dir, ['--resume', 'latest']);
      const next = starts(place.dir)[before] - began;
      const count = starts(place.dir).length;
      place.remove();
      return { next, count };
    });
    line(
      'kill -9 of the host, start of the next one to the next dispatch',
      spread(taken, (t) => t.next / 1000, 's', 2),
      'bar 1.00 s',
    );
    line('executors started for 6 nodes over a kill', [...new Set(taken.map((t) => t.count))].join(', '), '6 is none twice');
  },

  /** Real processes, answers of three sizes, and the resume of what is finished. */
  async nodes() {
    await compare({ sizes, times, print: (text) => console.log(text) });
  },

  /** What pandacode adds to its runtime's own time. */
  async executor() {
    const taken = await repeat(Math.max(times, 9), startUp);
    line(
      'start-up that pandacode adds to its runtime',
      spread(taken, ({ bare, whole }) => whole - bare, 'ms'),
      'bar 150 ms',
    );
  },
};

console.log(`${cpus().length} cores, Node ${process.version}, medians of ${times} or more (min … max)`);
if (values.peer !== undefined) await compare({ sizes, times, peer: values.peer, print: (text) => console.log(text) });
else for (const [name, bench] of Object.entries(benches)) if (wanted.length === 0 || wanted.includes(name)) await bench();

function fanned(count, repeats, more = []) {
  return using(fan(count), (dir) => repeat(repeats, () => measure(dir, ['--script', 'flow.js', '--concurrency', '64', '--no-report', ...more])));
}

async function using(source, work) {
  const place = project(source);
  try {
    return await work(place.dir);
  } finally {
    place.remove();
  }
}

function starts(dir) {
  try {
    return readFileSync(join(dir, 'starts'), 'utf8').trim().split('\n').map(Number);
  } catch {
    return [];
  }
}

function line(what, figure, note = '') {
  console.log(`${what.padEnd(64)} ${figure}${note === '' ? '' : `   [${note}]`}`);
}

function number(text) {
  const value = Number(text);
  if (value > 0) return value;
  console.error(`expected numbers above 0, got ${text}`);
  process.exit(2);
}
