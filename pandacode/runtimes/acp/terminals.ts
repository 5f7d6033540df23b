import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateTerminalRequest, TerminalOutputResponse, WaitForTerminalExitResponse } from '@agentclientprotocol/sdk/unstable';
import { identify } from '../../../system/process-table.ts';
import { terminateTree } from '../../../system/terminate.ts';
import type { ProcessFamily } from '../../process/family.ts';
import { markVariable } from '../../process/marked-processes.ts';

interface Terminal {
  child: ChildProcess;
  output: Buffer;
  limit: number;
  truncated: boolean;
  exit: WaitForTerminalExitResponse | undefined;
  exited: Promise<WaitForTerminalExitResponse>;
}

const mostOutput = 8 * 1024 * 1024;
const usualOutput = 1024 * 1024;

/** Commands that an agent has us run. They belong to the family of the run, so none outlives it. */
export class Terminals {
  private readonly terminals = new Map<string, Terminal>();
  private readonly variables: Record<string, string>;
  private readonly family: ProcessFamily;
  private counter = 0;

  /** @param variables the environment of the commands: without any key of a provider */
  constructor(variables: Record<string, string>, family: ProcessFamily) {
    this.variables = variables;
    this.family = family;
  }

  /** Starts a command in a folder. A command without arguments that holds a blank is a line for the shell. @returns its id */
  create(request: Pick<CreateTerminalRequest, 'command' | 'args' | 'env' | 'outputByteLimit'>, cwd: string): string {
    const args = request.args ?? [];
    const [command, ...rest] = args.length === 0 && /\s/.test(request.command) ? ['sh', '-c', request.command] : [request.command, ...args];
    const given = Object.fromEntries((request.env ?? []).map(({ name, value }) => [name, value]));
    const child = spawn(command, rest, {
      cwd,
      env: { ...this.variables, ...given, [markVariable]: this.family.mark },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) this.family.add(child.pid);
    const terminal: Terminal = {
      child,
      output: Buffer.alloc(0),
      limit: Math.min(request.outputByteLimit ?? usualOutput, mostOutput),
      truncated: false,
      exit: undefined,
      exited: new Promise((resolve) => {
        child.once('error', (error) => {
          append(terminal, Buffer.from(`${error.message}\n`));
          resolve((terminal.exit = { exitCode: 127, signal: null }));
        });
        // `close` would wait for a background process that keeps the pipes open.
        child.once('exit', (exitCode, signal) => {
          setImmediate(() => resolve((terminal.exit = { exitCode, signal })));
        });
      }),
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => append(terminal, chunk));
    const id = `terminal-${++this.counter}`;
    this.terminals.set(id, terminal);
    return id;
  }

  output(id: string): TerminalOutputResponse {
    const { output, truncated, exit } = this.find(id);
    return { output: output.toString('utf8'), truncated, ...(exit ? { exitStatus: exit } : {}) };
  }

  waitForExit(id: string): Promise<WaitForTerminalExitResponse> {
    return this.find(id).exited;
  }

  /** Ends the command and all that it started; its output stays. */
  async kill(id: string): Promise<void> {
    const { child, exit, exited } = this.find(id);
    const identity = child.pid === undefined || exit ? undefined : identify(child.pid);
    if (!identity) return;
    await terminateTree([identity], { graceMs: 1000, groups: [identity.pid] });
    await Promise.race([exited, sleep(1000)]);
  }

  async release(id: string): Promise<void> {
    await this.kill(id);
    this.terminals.delete(id);
  }

  private find(id: string): Terminal {
    const terminal = this.terminals.get(id);
    if (!terminal) throw new Error(`there is no terminal ${id}`);
    return terminal;
  }
}

// The end of the output is kept, from the start of a character.
function append(terminal: Terminal, chunk: Buffer): void {
  const all = Buffer.concat([terminal.output, chunk]);
  if (all.length <= terminal.limit) {
    terminal.output = all;
    return;
  }
  let from = all.length - terminal.limit;
  while (from < all.length && (all[from]! & 0xc0) === 0x80) from++;
  terminal.output = Buffer.from(all.subarray(from));
  terminal.truncated = true;
}
