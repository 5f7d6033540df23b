import { hostname } from 'node:os';
import { identify, isAlive } from '../../system/process-table.ts';

/** Worker identity `odw@host:pid:start`: names one process for good, also after a reboot (DESIGN D4). */
export function workerIdentity(): string {
  return `odw@${hostname()}:${process.pid}:${identify(process.pid)?.start ?? ''}`;
}

/** True only for an odw worker of this host whose process is gone; workers of other hosts are never called dead. */
export function isDeadLocalWorker(identity: string): boolean {
  const match = /^odw@(.+):(\d+):([^:]*)$/.exec(identity);
  if (!match || match[1] !== hostname()) return false;
  return !isAlive({ pid: Number(match[2]), start: match[3] ?? '' });
}
