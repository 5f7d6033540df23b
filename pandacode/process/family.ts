import { readFileSync } from 'node:fs';
import { descendantsOf, identify, isAlive, type ProcessIdentity } from '../../system/process-table.ts';
import { terminateTree } from '../../system/terminate.ts';
import { markedProcesses } from './marked-processes.ts';

const lookEveryMs = 2000;
const mostRounds = 20;

/**
 * The children of a run and everything they start. Looks at the process table every two seconds,
 * so that descendants which are re-parented later are still known.
 */
export class ProcessFamily {
  readonly mark: string;
  private readonly roots = new Map<number, ProcessIdentity>();
  private readonly seen = new Map<number, ProcessIdentity>();
  private hasStarted = false;
  private timer: NodeJS.Timeout | undefined;
  private onChange: () => void = () => undefined;

  constructor(mark: string) {
    this.mark = mark;
  }

  /** Calls back when a child was added, so that its identity is on disk before it does anything. */
  watch(onChange: () => void): void {
    this.onChange = onChange;
  }

  /** Adds a child that was just started in a process group of its own. */
  add(pid: number): void {
    this.hasStarted = true;
    const identity = identify(pid);
    if (identity) this.roots.set(pid, identity);
    this.timer ??= setInterval(() => this.look(), lookEveryMs).unref();
    this.onChange();
  }

  /** All members that still run. */
  alive(): ProcessIdentity[] {
    this.look();
    return [...this.roots.values(), ...this.seen.values()].filter(isAlive);
  }

  /** Ends all members: SIGTERM, then SIGKILL after the grace time. */
  async end(graceMs: number): Promise<void> {
    const groups = [...this.roots.keys()];
    await terminateTree([...this.alive(), ...markedProcesses(this.mark)], { graceMs, groups });
    await this.endRunaways();
  }

  /** Ends what outlived its parent. @returns one line per process that was still there */
  async endLeftovers(graceMs: number): Promise<string[]> {
    // Whoever started nothing has left nothing: no look at all processes of the machine.
    if (!this.hasStarted) return [];
    const left = this.members();
    if (left.size === 0) return [];
    const names = [...left.keys()].map((pid) => `ended a process that outlived the agent: pid ${pid}${commandOf(pid)}`);
    await terminateTree(left.values(), { graceMs });
    const isLeft = await this.endRunaways();
    return isLeft ? [...names, 'some processes start themselves anew faster than they can be ended'] : names;
  }

  /** Stops looking. */
  close(): void {
    clearInterval(this.timer);
  }

  private members(): Map<number, ProcessIdentity> {
    return new Map([...this.alive(), ...markedProcesses(this.mark)].map((one) => [one.pid, one]));
  }

  /** Ends without grace what was started while the others were being ended. @returns whether there is still something */
  private async endRunaways(): Promise<boolean> {
    for (let round = 0; round < mostRounds; round++) {
      const left = this.members();
      if (left.size === 0) return false;
      await terminateTree(left.values(), { graceMs: 0 });
    }
    return this.members().size > 0;
  }

  private look(): void {
    if (!this.hasStarted) return;
    for (const [pid, identity] of this.seen) if (!isAlive(identity)) this.seen.delete(pid);
    const parents = [...this.roots.values()].filter(isAlive).map((root) => root.pid);
    for (const row of descendantsOf([...parents, ...this.seen.keys()])) {
      if (row.state !== 'Z' && !this.roots.has(row.pid)) this.seen.set(row.pid, { pid: row.pid, start: row.start });
    }
  }
}

function commandOf(pid: number): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return command ? ` (${command.slice(0, 120)})` : '';
  } catch {
    return '';
  }
}
