import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine, stopServer } from '../../temporal/engine/index.ts';
import { odw, startOdw, type OdwEnd, type OdwProcess } from './odw.ts';

/** An odw of its own: its server and its shared queue are touched by no other test. */
export class OwnHome {
  readonly env: NodeJS.ProcessEnv = { ...process.env, ODW_HOME: mkdtempSync(join(tmpdir(), 'odw-home-')) };
  private connection: NativeConnection | undefined;
  private readonly workers: OdwProcess[] = [];

  async client(): Promise<Client> {
    const opened = await connectEngine(await ensureEngine({ env: this.env }), blobDataConverter(this.env), { env: this.env });
    this.connection = opened.connection;
    return opened.client;
  }

  odw(cwd: string, args: string[]): Promise<OdwEnd> {
    return odw(args, { cwd, env: this.env });
  }

  /** Runs a command with --json and gives what it printed. */
  async json<T>(cwd: string, args: string[]): Promise<T> {
    const end = await this.odw(cwd, [...args, '--json']);
    if (end.code !== 0) throw new Error(`odw ${args.join(' ')} ended with ${end.code}:\n${end.stdout}${end.stderr}`);
    return JSON.parse(end.stdout) as T;
  }

  /**
   * Starts a worker process and waits until it serves.
   *
   * @param options `env`: more variables; `program`: another built odw
   */
  async worker(cwd: string, args: string[] = [], { env, program }: { env?: NodeJS.ProcessEnv; program?: string } = {}): Promise<OdwProcess> {
    const worker = startOdw(['worker', 'start', ...args], { cwd, env: { ...this.env, ...env }, ...(program === undefined ? {} : { program }) });
    this.workers.push(worker);
    await worker.until(/serving/);
    return worker;
  }

  /** Ends the workers that a test left running. */
  async endWorkers(): Promise<void> {
    const left = this.workers.splice(0);
    for (const { child } of left) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await Promise.all(left.map(({ end }) => end));
  }

  async close(): Promise<void> {
    await this.endWorkers();
    await this.connection?.close().catch(() => {});
    await stopServer({ env: this.env });
    rmSync(String(this.env['ODW_HOME']), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits until a look gives a value that is neither undefined, null nor false. */
export async function waitFor<T>(look: () => T | Promise<T>, timeoutMs = 30_000): Promise<Exclude<T, undefined | null | false>> {
  for (const deadline = Date.now() + timeoutMs; ; await sleep(50)) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
    if (Date.now() > deadline) throw new Error(`nothing came within ${timeoutMs} ms of: ${String(look)}`);
  }
}
