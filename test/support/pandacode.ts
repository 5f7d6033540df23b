import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
let built: Promise<string> | undefined;

/** The executor of the present sources as one program; built once per test file, in a few milliseconds. */
export function buildPandacode(): Promise<string> {
  return (built ??= (async () => {
    const outfile = join(root, 'node_modules/.cache/odw-test', `pandacode-${process.pid}.mjs`);
    await build({
      entryPoints: [join(root, 'pandacode/pandacode.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile,
      logLevel: 'error',
    });
    process.once('exit', () => rmSync(outfile, { force: true }));
    return outfile;
  })());
}

/** Path of a program that stands in for a vendor's CLI. */
export function standIn(name: string): string {
  return join(root, 'test/fixtures/clis', `${name}.mjs`);
}

/** Arguments that run a stand-in for the Claude CLI in a workspace, in the session `s`. */
export function claudeExec(ws: string, cli: string, ...more: string[]): string[] {
  return ['claude', 'exec', ...['--cd', ws], ...['--session', 's'], ...['--task', 'x'], '--json', ...['--claude-bin', standIn(cli)], ...more];
}

/** A fresh folder; removed by {@link removeWorkspaces}. */
export function workspace(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pandacode-test-')));
  workspaces.push(folder);
  mkdirSync(join(folder, 'ws'));
  return join(folder, 'ws');
}
const workspaces: string[] = [];

export function removeWorkspaces(): void {
  for (const folder of workspaces.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Parsed stdout; undefined when it is no JSON. */

  report: any;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

let home: string | undefined;

/** A home without settings: the profile of whoever runs the tests is read by every shell that an agent starts, and may wait for something. */
export function emptyHome(): string {
  if (home !== undefined) return home;
  const made = mkdtempSync(join(tmpdir(), 'pandacode-home-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return (home = made);
}

/** Starts pandacode with a bare environment plus `env`. */
export async function startPandacode(args: string[], options: { env?: NodeJS.ProcessEnv; input?: string; cwd?: string } = {}): Promise<Started> {
  const program = await buildPandacode();
  const env = { PATH: process.env['PATH'], HOME: emptyHome(), ...options.env };
  const child = spawn(process.execPath, [program, ...args], { env, cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr, report: parsed(stdout) })));
  return { child, ended };
}

export async function pandacode(args: string[], options: Parameters<typeof startPandacode>[1] = {}): Promise<Ended> {
  return (await startPandacode(args, options)).ended;
}

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

/** Whether a process runs (a zombie does not). */
export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** Waits until a condition holds; throws after fifty seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Runs with a time limit that grows until the run has come to the point that is to be cut off: a busy machine is slow. */
export async function untilReached<T>(isReached: () => boolean, run: (limitMs: number) => Promise<T>): Promise<T> {
  for (const limitMs of [4000, 12_000]) {
    const result = await run(limitMs);
    if (isReached()) return result;
  }
  return run(48_000);
}
