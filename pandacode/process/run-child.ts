import { spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunControl } from '../run/run-control.ts';
import type { ProcessFamily } from './family.ts';
import { lineSplitter } from './line-splitter.ts';
import { markVariable } from './marked-processes.ts';

export interface ChildCommand {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Written to stdin, which is then closed: the CLIs wait on an open pipe. A function gets the open pipe instead, for a program that is talked with. */
  input: string | ((stdin: Writable) => void);
  /** Each line of stdout; undefined for one that was too long to keep. */
  onLine(line: string | undefined): void;
  onErrorLine?(line: string): void;
  /** How long what the child started may take to end by itself after the child is gone, in milliseconds. Default 0. */
  leftoverPatienceMs?: number;
  /** File that stderr is appended to. */
  stderrFile: string;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Last 4000 characters of stderr, unmasked. */
  stderrTail: string;
  /** Set when the program could not be started at all. */
  startError?: NodeJS.ErrnoException;
  /** One line per descendant that had to be ended after the child was gone. */
  leftovers: string[];
}

const pipeDrainMs = 2000;

/**
 * Runs one child to its end in a process group of its own. When `control` asks for it, the child and all its
 * descendants are ended first. Descendants never survive, however the child ended. Never throws.
 */
export async function runChild(spec: ChildCommand, control: RunControl, family: ProcessFamily): Promise<ChildExit> {
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env, [markVariable]: family.mark },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderrTail = '';
  const log = createWriteStream(spec.stderrFile, { flags: 'a', mode: 0o600 });
  log.on('error', () => undefined);
  const exited = new Promise<Pick<ChildExit, 'code' | 'signal' | 'startError'>>((resolve) => {
    child.once('error', (startError) => resolve({ code: null, signal: null, startError }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const lines = lineSplitter(spec.onLine);
  const errorLines = lineSplitter((line) => line !== undefined && spec.onErrorLine?.(line), 64 * 1024);
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    log.write(chunk);
    errorLines.push(chunk);
    stderrTail = (stderrTail + chunk.toString('utf8')).slice(-4000);
  });
  child.stdin.on('error', () => undefined);
  if (child.pid !== undefined) family.add(child.pid);
  if (typeof spec.input === 'string') child.stdin.end(spec.input);
  else spec.input(child.stdin);

  const ending = endWhenAsked(control, family);
  const exit = await exited;
  await ending.settled();
  const patient = Date.now() + (spec.leftoverPatienceMs ?? 0);
  while (Date.now() < patient && family.alive().length > 0) await sleep(50);
  const leftovers = exit.startError ? [] : await family.endLeftovers(1000);
  if (!exit.startError) await drained([child.stdout, child.stderr]);
  child.stdout.destroy();
  child.stderr.destroy();
  lines.end();
  errorLines.end();
  await closed(log);
  return { ...exit, stderrTail, leftovers };
}

function endWhenAsked(control: RunControl, family: ProcessFamily) {
  let ending: Promise<void> | undefined;
  const end = () => {
    ending = family.end(control.reason?.graceMs ?? 5000);
  };
  const endNow = () => {
    void family.end(0);
  };
  if (control.stopped.aborted) end();
  else control.stopped.addEventListener('abort', end, { once: true });
  control.hurried.addEventListener('abort', endNow, { once: true });
  return {
    async settled() {
      control.stopped.removeEventListener('abort', end);
      await ending;
      control.hurried.removeEventListener('abort', endNow);
    },
  };
}

// A process that escaped may hold the pipe open for ever, so the end of the streams is awaited only for a while.
async function drained(streams: Readable[]): Promise<void> {
  const ends = streams.filter((stream) => !stream.readableEnded).map((stream) => new Promise((resolve) => stream.once('end', resolve)));
  const patience = new AbortController();
  await Promise.race([Promise.all(ends), sleep(pipeDrainMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
}

async function closed(log: WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    log.once('error', () => resolve());
    log.end(() => resolve());
  });
}
