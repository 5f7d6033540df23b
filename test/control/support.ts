import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';

// Notes its start and its process, works until the file `go` is there, or the project gone, then answers with tokens.
const executor = `#!/bin/sh
echo "$$" >>"$ODW_TEST_DIR/started"
while [ ! -e "$ODW_TEST_DIR/go" ] && [ -d "$ODW_TEST_DIR" ]; do sleep 0.05; done
echo '{"ok":true,"state":"completed","last_agent_message":"done","usage":{"total_tokens":100,"output_tokens":10}}'
`;

/** A project whose nodes work until the test lets them end. */
export class HeldProject extends Project {
  constructor(script: string) {
    super({ 'a.js': script, executor });
    chmodSync(join(this.dir, 'executor'), 0o755);
  }

  exec(...flags: string[]): OdwProcess {
    const args = ['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', ...flags];
    return startOdw(args, { cwd: this.dir, env: { ODW_TEST_DIR: this.dir } });
  }

  /** A run on mock nodes. */
  mock(...flags: string[]): OdwProcess {
    return startOdw(['exec', '--backend', 'mock', '--concurrency', '4', ...flags], { cwd: this.dir });
  }

  /** Starts of executors so far: one process id each. */
  starts(): number[] {
    const path = join(this.dir, 'started');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number.parseFloat) : [];
  }

  async untilStarts(count: number): Promise<void> {
    await until(() => this.starts().length >= count, `${count} executors started`);
  }

  /** Lets all nodes end that run, and those that come. */
  go(): void {
    writeFileSync(join(this.dir, 'go'), '');
  }

  /** A command with --json, and its one object. */
  async command(...args: string[]): Promise<{ code: number | null; told: Record<string, unknown>; stderr: string }> {
    const end = await this.odw([...args, '--json']);
    return { code: end.code, told: JSON.parse(end.stdout) as Record<string, unknown>, stderr: end.stderr };
  }

  /** `from>to reason` of each change of state in the journal. */
  walk(runId: string): string[] {
    return this.events(runId).flatMap((event) =>
      event['type'] === 'run_state' ? [`${String(event['from'])}>${String(event['to'])} ${String(event['reason'])}`] : [],
    );
  }

  count(runId: string, type: string): number {
    return this.events(runId).filter((event) => event['type'] === type).length;
  }
}

/** Process ids that executors of a project have noted in its file `pids`. */
export function pidsIn({ dir }: Project): number[] {
  const path = join(dir, 'pids');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
}

/** Runs a command with --json in a project, and gives its one object. */
export async function json(project: Project, ...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await project.odw([...args, '--json'])).stdout) as Record<string, unknown>;
}

/** A project with its executor in the file `executor`. */
export function projectWith(script: string, executor: string): Project {
  const made = new Project({ 'a.js': script, executor });
  chmodSync(join(made.dir, 'executor'), 0o755);
  return made;
}

/** Flags that let a run use the executor of {@link projectWith}. */
export const ownExecutor = ['--backend', 'pandacode', '--pandacode-bin', './executor'];

/** Kills a run that a test left, when it still goes on, and removes its project. For afterEach. */
export async function cleanUp(run: OdwProcess | undefined, project: Project): Promise<void> {
  if (run?.child.exitCode === null) run.child.kill('SIGKILL');
  await run?.end;
  project.remove();
}

/** The id that a run has printed. */
export async function runIdOf(run: OdwProcess): Promise<string> {
  await run.until(/run_id=\S+/, 120_000);
  return /run_id=(\S+)/.exec(run.text())?.[1] as string;
}

/** Waits for a condition, as long as a busy machine may need. One that cannot be asked yet, for a file is not there, does not hold. */
export async function until(condition: () => boolean, what: string, timeoutMs = 120_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !holds(condition); await sleep(50))
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
}

function holds(condition: () => boolean): boolean {
  try {
    return condition();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
