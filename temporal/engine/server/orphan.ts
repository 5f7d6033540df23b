import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../../../system/process-table.ts';

/** A live dev server without a record, as far as its command line tells. */
export interface OrphanServer extends ProcessIdentity {
  port: number;
  uiPort: number;
}

/**
 * A server process that already has this database open: its starter was killed before it could record it, or the record was removed.
 * Two servers on one database would ruin it, so this is looked for before every launch. Some 10 ms.
 */
export function findOrphan(database: string): OrphanServer | undefined {
  for (const { pid, args } of process.platform === 'linux' ? commandLines() : psCommandLines()) {
    if (args.includes('start-dev') && valueOf(args, '--db-filename') === database) {
      const identity = identify(pid);
      if (identity) return { ...identity, port: Number(valueOf(args, '--port')), uiPort: Number(valueOf(args, '--ui-port')) };
    }
  }
  return undefined;
}

interface CommandLine {
  pid: number;
  args: string[];
}

function commandLines(): CommandLine[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return [{ pid: Number(name), args: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0') }];
    } catch {
      return []; // gone, or another user's
    }
  });
}

// Without /proc the arguments come as one text: a database path with spaces is then not recognised.
function psCommandLines(): CommandLine[] {
  try {
    const out = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] });
    return out.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), args: line.trim().split(' ').slice(1) }));
  } catch {
    return [];
  }
}

function valueOf(args: string[], flag: string): string | undefined {
  const index = args.indexOf(flag);
  return index < 0 ? undefined : args[index + 1];
}
