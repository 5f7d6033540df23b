import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, readProcessTable } from '../../../../system/process-table.ts';
import { terminateTree } from '../../../../system/terminate.ts';
import { appendQuietly } from '../../../events/append-quietly.ts';
import { markedProcesses, markVariable } from '../../../process/marked-processes.ts';
import { ensureDirectory } from '../../../state/layout.ts';
import { refusedCommand } from '../safety/check-command.ts';
import { failed, type Arguments, type ToolOutcome, type ToolSurroundings } from './tool.ts';

const kept = 24_000;
const backgroundLogBytes = 1024 * 1024;
const drainMs = 300;
let counter = 0;

/** Runs a shell command in the workspace, after a look at what it would do. */
export function bash(args: Arguments, surroundings: ToolSurroundings): Promise<ToolOutcome> {
  const command = args['cmd'] as string;
  if (!command.trim()) return Promise.resolve(failed('the command is empty'));
  const refused = refusedCommand(command, surroundings.boundary, surroundings.permission);
  if (refused) return Promise.resolve(failed(`refused: ${refused}`, { command }));
  const wanted = args['timeout_ms'];
  return runShell(command, typeof wanted === 'number' && wanted > 0 ? wanted : surroundings.shellTimeoutMs, surroundings);
}

/**
 * Runs a command to its end. At its limit, or when the run is ended, its whole process tree goes with it, and what it
 * printed until then is kept. Children that it leaves in the background live on until the end of the run.
 */
export async function runShell(command: string, timeoutMs: number, surroundings: ToolSurroundings): Promise<ToolOutcome> {
  const { context, boundary, env } = surroundings;
  const before = new Set(context.family.alive().map((one) => one.pid));
  const child = spawn('sh', ['-c', command], {
    cwd: boundary.workspace,
    env: { ...env, [markVariable]: context.family.mark },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = tailOf(child.stdout);
  const err = tailOf(child.stderr);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  // A short command may be a zombie before anyone can look at it: its group is known all the same, and is nobody else's until its exit is taken.
  const pid = child.pid;
  const own = pid === undefined ? undefined : identify(pid);
  if (pid !== undefined) context.family.add(pid);
  let timedOut = false;
  let ending: Promise<unknown> | undefined;
  const end = (graceMs: number) => (ending ??= terminateTree(own ? [own] : [], { graceMs, groups: pid === undefined ? [] : [pid] }));
  const timer = setTimeout(() => {
    timedOut = true;
    void end(2000);
  }, timeoutMs);
  const stop = () => void end(context.control.reason?.graceMs ?? 3000);
  if (context.control.stopped.aborted) stop();
  context.control.stopped.addEventListener('abort', stop, { once: true });
  const exit = await exited;
  clearTimeout(timer);
  context.control.stopped.removeEventListener('abort', stop);
  await ending;
  await Promise.race([Promise.all([out.ended, err.ended]), sleep(drainMs)]);
  const background = pid === undefined ? [] : remaining(pid, before, context.family.mark);
  if (background.length > 0) keepDraining([out, err], surroundings.backgroundLogs);
  else for (const one of [out, err]) one.close();
  if (exit.error) return failed(`the shell could not be started: ${exit.error.message}`, { command });
  const texts = { stdout: out.text(), stderr: err.text() };
  const left = background.length > 0 ? `; left in the background until the end of the run: pid ${background.join(', ')}` : '';
  return {
    ok: exit.code === 0 && !timedOut,
    message: (timedOut ? `ended at its limit of ${timeoutMs} ms` : exit.code === null ? `ended by ${exit.signal}` : `exit code ${exit.code}`) + left,
    command,
    exit_code: exit.code,
    ...(timedOut ? { timed_out: true } : {}),
    ...texts,
    ...(out.isCut() ? { stdout_truncated: true } : {}),
    ...(err.isCut() ? { stderr_truncated: true } : {}),
  };
}

interface Tail {
  text(): string;
  isCut(): boolean;
  ended: Promise<unknown>;
  close(): void;
  drainTo(file: string): void;
}

function tailOf(stream: NodeJS.ReadableStream & { destroy(): void }): Tail {
  let text = '';
  let total = 0;
  let file: string | undefined;
  let logged = 0;
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (file !== undefined) {
      if (logged < backgroundLogBytes) appendQuietly(file, chunk);
      logged += chunk.length;
      return;
    }
    total += chunk.length;
    text = text.length + chunk.length > 4 * kept ? (text + chunk).slice(-kept) : text + chunk;
  });
  stream.on('error', () => undefined);
  return {
    text: () => text.slice(-kept),
    isCut: () => total > kept,
    ended: new Promise((resolve) => stream.once('close', resolve)),
    close: () => stream.destroy(),
    drainTo: (path) => (file = path),
  };
}

/** Processes that the command left behind: of its group, or marked as of this run and not there before. */
function remaining(pid: number, before: ReadonlySet<number>, mark: string): number[] {
  const group = readProcessTable().filter((row) => row.group === pid && row.state !== 'Z');
  return [...new Set([...group, ...markedProcesses(mark)].map((one) => one.pid))].filter((one) => one !== pid && !before.has(one));
}

// A background process that could not print any more would end at its next line.
function keepDraining(tails: Tail[], folder: string): void {
  const number = ++counter;
  ensureDirectory(folder);
  tails.forEach((one, at) => one.drainTo(join(folder, `bg-${number}.${at === 0 ? 'stdout' : 'stderr'}.log`)));
}
