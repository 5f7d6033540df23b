import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OdwError } from '../../../src/errors/error.ts';
import { identify, isAlive, type ProcessIdentity } from '../../../system/process-table.ts';
import type { EngineLayout } from '../layout.ts';
import { homeError } from '../with-lock.ts';
import { isServing } from './health.ts';
import { logTail, rotateLog } from './log-tail.ts';
import { portAnswers } from './ports.ts';
import { loopback, serverArguments, serverEnvironment, type LaunchSettings } from './settings.ts';

/** A server process that was just started and may not answer yet. */
export interface LaunchedServer extends ProcessIdentity {
  /** Size of the log before the launch: what comes after is this server's. */
  logStart: number;
  /** When it was launched, milliseconds since the epoch. */
  startedMs: number;
}

/** One that this process launched. */
export interface OwnServer extends LaunchedServer {
  /** Whether a signal ended it. Known a moment after it is gone. */
  wasKilled: () => boolean;
}

/** Starts the server in a session of its own, so that neither Ctrl-C nor the end of the starter reaches it. */
export async function launchServer(binary: string, layout: EngineLayout, settings: LaunchSettings, env: NodeJS.ProcessEnv): Promise<OwnServer> {
  let fd: number;
  try {
    mkdirSync(layout.folder, { recursive: true, mode: 0o700 });
    rotateLog(layout.log);
    fd = openSync(layout.log, 'a', 0o600);
  } catch (error) {
    throw homeError(error, layout.log);
  }
  try {
    const logStart = statSync(layout.log).size;
    const child = spawn(binary, serverArguments(settings), { cwd: layout.folder, env: serverEnvironment(env), detached: true, stdio: ['ignore', fd, fd] });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    const pid = child.pid ?? -1;
    return { pid, start: identify(pid)?.start ?? '', logStart, startedMs: Date.now(), wasKilled: () => child.signalCode !== null };
  } catch (error) {
    throw new OdwError('engine-start-failed', `the Temporal server ${binary} could not be started: ${(error as Error).message}`, { cause: error });
  } finally {
    closeSync(fd);
  }
}

/**
 * Waits until the launched server says it is serving.
 *
 * @throws OdwError `engine-disk-full` or `engine-start-failed`, quoting the end of the log
 */
export async function waitUntilServing(server: LaunchedServer, port: number, layout: EngineLayout, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if ((await portAnswers(port)) && (await isServing(`${loopback}:${port}`)) && isAlive(server) && hasPort(server, layout)) return;
    if (!isAlive(server)) throw startFailure('ended while it was starting', layout, server);
    await sleep(15);
  }
  throw startFailure(`did not answer on ${loopback}:${port} within ${Math.round(timeoutMs / 1000)} s`, layout, server);
}

// An answer on the port proves nothing while another server may have taken it in the last moment: ours then ends a little later.
// Ours prints its banner once it listens; should a later version not print it, living on for a while proves the same.
function hasPort(server: LaunchedServer, layout: EngineLayout): boolean {
  if (Date.now() - server.startedMs > 3000) return true;
  return ownLog(server, layout).some((line) => line.startsWith('Temporal Server:'));
}

// The lines this server wrote itself, the newest of them when they are many.
function ownLog(server: LaunchedServer, layout: EngineLayout): string[] {
  const size = statSync(layout.log, { throwIfNoEntry: false })?.size ?? 0;
  return size > server.logStart ? logTail(layout.log, 2000, Math.min(size - server.logStart + 1, 256 * 1024)) : [];
}

function startFailure(what: string, layout: EngineLayout, server: LaunchedServer): OdwError {
  const own = ownLog(server, layout);
  const lines = excerpt(own);
  const quote =
    lines.length > 0 ? `; the end of ${layout.log}:\n${lines.map((line) => `  ${line.slice(0, 400)}`).join('\n')}` : `; ${layout.log} has no line of it`;
  const full = own.some((line) => /no space left on device|database or disk is full|SQLITE_FULL|disk quota exceeded/i.test(line));
  const portTaken = own.some((line) => /address already in use|can't (set|use).*port/i.test(line));
  const fields = { log: layout.log, tail: lines, portTaken };
  if (full) return new OdwError('engine-disk-full', `the Temporal server ${what} because the disk of ${layout.folder} is full${quote}`, { fields });
  return new OdwError('engine-start-failed', `the Temporal server ${what}${quote}`, { fields });
}

// The last lines, and before them the few that name a cause: a Go panic ends with pages of stack.
function excerpt(lines: string[]): string[] {
  const last = lines.slice(-8);
  const telling = lines.slice(0, -8).filter((line) => /^(panic|fatal|error)|\bunable to\b|level=(ERROR|FATAL)/i.test(line));
  return [...telling.slice(0, 4), ...last];
}
