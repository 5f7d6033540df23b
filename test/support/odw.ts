import { spawn, type ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunState } from '../../schemas/state.ts';
import type { DebugPoint } from '../../system/debug-point.ts';

const built = fileURLToPath(new URL('../../dist/cli/odw.js', import.meta.url));

export interface OdwEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The id that the run printed. */
  runId: string | undefined;
}

export interface OdwProcess {
  child: ChildProcess;
  /** What was printed so far, both streams. */
  text(): string;
  /** Resolves once the printed text matches. */
  until(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /** Resolves once the process stands still at a debug point. To go on sooner would be no use: it says so before it stops. */
  untilPaused(point: DebugPoint): Promise<void>;
  end: Promise<OdwEnd>;
}

/**
 * Starts the built odw command as a process of its own.
 *
 * @param options `detached`: as the leader of a process group of its own, as a shell in a terminal starts it; `program`: another built odw
 */
export function startOdw(
  args: string[],
  { cwd, env, detached = false, program = built }: { cwd: string; env?: NodeJS.ProcessEnv; detached?: boolean; program?: string },
): OdwProcess {
  const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env }, detached, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const end = new Promise<OdwEnd>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr: withoutServerStart(stderr), runId: /run_id=(\S+)/.exec(stdout)?.[1] }));
  });
  const text = () => stdout + stderr;
  const until = async (pattern: RegExp, timeoutMs = 60_000) => {
    for (const deadline = Date.now() + timeoutMs; !pattern.test(text()); await sleep(20)) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${String(pattern)} was not printed; printed was:\n${text()}`);
    }
  };
  const untilPaused = async (point: DebugPoint) => {
    await until(new RegExp(`debug point ${point}: pause`));
    while (!execFileSync('ps', ['-o', 'state=', '-p', String(child.pid)], { encoding: 'utf8' }).startsWith('T')) await sleep(20);
  };
  return { child, text, until, untilPaused, end };
}

/** Runs the built odw command to its end. */
export function odw(args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Promise<OdwEnd> {
  return startOdw(args, options).end;
}

/** A project folder of its own, with files; removed by `remove`. */
export class Project {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'odw-project-')));

  constructor(files: Record<string, string> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): string {
    const path = join(this.dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Makes the folder a git repository with one commit of its files. */
  git(): this {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd: this.dir, stdio: 'pipe' });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-q', '--allow-empty', '-m', 'base');
    return this;
  }

  odw(args: string[], env: NodeJS.ProcessEnv = {}): Promise<OdwEnd> {
    return odw(args, { cwd: this.dir, env });
  }

  runDir(runId: string): string {
    return join(this.dir, '.odw', 'runs', runId);
  }

  run(runId: string): RunFile {
    return JSON.parse(readFileSync(join(this.runDir(runId), 'run.json'), 'utf8')) as RunFile;
  }

  state(runId: string): RunState {
    return JSON.parse(readFileSync(join(this.runDir(runId), 'state.json'), 'utf8')) as RunState;
  }

  /** Inner events of a run's journal. */
  events(runId: string): Record<string, unknown>[] {
    return this.records(runId).flatMap((record) => (typeof record['raw'] === 'object' ? [record['raw'] as Record<string, unknown>] : []));
  }

  records(runId: string): Record<string, unknown>[] {
    const text = readFileSync(join(this.runDir(runId), 'events.jsonl'), 'utf8');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

// Whichever test comes first, or after one that ended the server, starts it; where that takes more than a moment odw says so.
function withoutServerStart(stderr: string): string {
  return stderr.replace(/^odw: (starting the Temporal server|setting up the namespace|waiting for process)\b.*\n/gm, '');
}
