// Runs the built odw command and takes figures of it. Ratios and medians of at least five; nothing here asserts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../dist/cli/odw.js', import.meta.url));

/** A project folder with one script. */
export function project(source) {
  const dir = mkdtempSync(join(tmpdir(), 'odw-bench-'));
  writeFileSync(join(dir, 'flow.js'), source);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Starts `odw exec` in a folder. */
export function start(dir, args) {
  return spawn(process.execPath, [built, 'exec', '--json-envelope', ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Runs `odw exec` to its end: milliseconds of the whole process, of the run itself, and the highest memory in MB (Linux; else null). */
export async function measure(dir, args) {
  const began = performance.now();
  const child = start(dir, args);
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  let peak = null;
  const watch = setInterval(() => (peak = peakMemory(child.pid) ?? peak), 20);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  const process = performance.now() - began;
  if (code !== 0) throw new Error(`odw exec ended with ${code}: ${out}`);
  const run = JSON.parse(readFileSync(join(JSON.parse(out).run_dir, 'run.json'), 'utf8'));
  return { process, run: run.finished_ms - run.started_ms, peak };
}

/** `times` measurements, one after another. */
export async function repeat(times, take) {
  const taken = [];
  for (let i = 0; i < times; i++) taken.push(await take(i));
  return taken;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** `median (min … max)` of one figure. */
export function spread(taken, pick, unit, digits = 0) {
  const numbers = taken.map(pick);
  const show = (n) => n.toFixed(digits);
  return `${show(median(numbers))} ${unit} (${show(Math.min(...numbers))} … ${show(Math.max(...numbers))})`;
}

function peakMemory(pid) {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes && Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
