import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunFile } from '../../schemas/run-file.ts';
import { readLock } from '../../system/lock-file.ts';

/** The command with which a run goes on that does not go on by itself; undefined for one that runs, or completed. */
export function nextCommand(dir: string, run: RunFile): string | undefined {
  const { run_id, state, status, parked } = run;
  const root = dirname(dirname(dirname(dir)));
  const fine = state ?? status;
  const resume = `odw exec --path ${root} --resume ${run_id}`;
  if (fine === 'stalled') {
    if (run['schedule'] !== undefined) return 'odw worker start';
    const holder = readLock(join(dir, 'host.lock'));
    if (holder && holder.host !== hostname()) return `on ${holder.host}: kill -9 ${holder.pid} && ${resume}`;
    return holder ? `kill -9 ${holder.pid} && ${resume}` : resume;
  }
  if (fine === 'parked') return parked?.fix ?? `odw unpause --path ${root} ${run_id}`;
  if (fine === 'paused' || fine === 'pausing') return `odw unpause --path ${root} ${run_id}`;
  return ['interrupted', 'stopped', 'failed', 'cancelled'].includes(fine) ? resume : undefined;
}
