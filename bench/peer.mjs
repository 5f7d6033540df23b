// Runs the same scripts with the same executor on our odw and on a peer, turn by turn, so that the machine's load meets both alike.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cases } from './cases.mjs';
import { median } from './measure.mjs';

const ours = [process.execPath, fileURLToPath(new URL('../dist/cli/odw.js', import.meta.url))];

/**
 * Measures every case.
 *
 * @param {{sizes: object, times: number, peer?: string, print: (line: string) => void}} options `peer` is the path of an odw-compatible program
 */
export async function compare({ sizes, times, peer, print }) {
  const programs = peer === undefined ? { ours } : { ours, peer: [resolve(peer)] };
  for (const one of cases(sizes)) {
    const taken = { ours: [], peer: [] };
    for (let time = 0; time < times; time++) {
      // Who goes first changes, for the second finds warm caches.
      const turn = Object.entries(programs);
      for (const [who, program] of time % 2 === 0 ? turn : turn.reverse()) taken[who].push(await once(program, one));
    }
    print(`${one.name.padEnd(46)} ${seconds(taken.ours)}${peer === undefined ? '' : `   peer ${seconds(taken.peer)}   peer / ours ${ratio(taken)}`}`);
  }
}

async function once(program, { prepare, first, args }) {
  const place = prepare();
  try {
    if (first) await run(program, first, place.dir);
    const began = performance.now();
    await run(program, args, place.dir);
    return performance.now() - began;
  } finally {
    place.remove();
  }
}

function run([command, ...before], args, cwd) {
  return new Promise((done, fail) => {
    const child = spawn(command, [...before, 'exec', ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed = `${printed}${text}`.slice(-2000)));
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error(`${command} exec ${args.join(' ')} ended with ${code}: ${printed}`))));
  });
}

function seconds(times) {
  const show = (ms) => (ms / 1000).toFixed(2);
  return `${show(median(times))} s (${show(Math.min(...times))} … ${show(Math.max(...times))})`;
}

function ratio({ ours, peer }) {
  return (median(peer) / median(ours)).toFixed(2);
}
