import type { RunFile } from '../../schemas/run-file.ts';
import { liveFields } from '../../temporal/run/run-state.ts';
import { readJournal } from '../runs/read-journal.ts';

/**
 * What run.json says of an open run that a host takes up: how its journal ended. A run that is parked or paused makes no event by which
 * it would tell, until what it waits for comes.
 */
export function stateAgain(runDir: string): Partial<RunFile> {
  const last = readJournal(runDir).findLast((record) => record.type === 'script_stream' && typeof record.raw === 'object' && record.raw.type === 'run_state');
  return last?.type === 'script_stream' && typeof last.raw === 'object' ? liveFields(last.raw) : { status: 'running', state: 'running' };
}
