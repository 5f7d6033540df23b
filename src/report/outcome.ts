import type { Json } from '../../schemas/json.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunState } from '../../schemas/state.ts';
import type { Census } from '../journal/census.ts';
import type { CutText } from './text-limit.ts';

/** How a run stands, for people. Only `ok` is ever shown in green (RPT-05). */
export interface RunOutcome {
  kind: 'ok' | 'mixed' | 'failed' | 'cancelled' | 'open' | 'running';
  /** The status word, such as `completed` or `interrupted`. */
  status: string;
  /** Why it is not plainly completed. */
  note?: string;
  error?: CutText;
  result?: CutText;
}

/**
 * The real status of a run, from whatever source knows it: the exit record beats run.json, a thrown error and `ok:false` beat both.
 */
export function readOutcome(run: RunFile, state: RunState, exit: JournalRecord | undefined, census: Census, cut: (value: Json) => CutText): RunOutcome {
  const recorded = exit?.type === 'exit' && (run.status === 'running' || run.status === 'interrupted' || run.status === 'paused') ? exit.status : run.status;
  const thrown = state.error?.message ?? run.error?.message;
  const texts = { ...(thrown === undefined ? {} : { error: cut(thrown) }), ...(state.result === undefined ? {} : { result: cut(state.result) }) };
  if (recorded === 'cancelled') return { kind: 'cancelled', status: 'cancelled', ...texts };
  if (recorded === 'running' && run.state === 'stalled') return { kind: 'open', status: 'stalled', note: `goes on with: ${String(run['next'])}`, ...texts };
  if (recorded === 'running') return { kind: 'running', status: 'running', note: 'not finished when this report was made', ...texts };
  if (recorded === 'paused') return { kind: 'open', status: run.state ?? 'paused', note: heldNote(run), ...texts };
  if (recorded === 'interrupted') return { kind: 'open', status: recorded, note: `goes on with: odw exec --resume ${run.run_id}`, ...texts };
  // A limit ends a run whose script may have come to its end (RUN-04).
  const atLimit = String(run.error?.category ?? '').startsWith('LIMIT_');
  if (thrown !== undefined) return { kind: 'failed', status: 'failed', note: atLimit ? 'a limit was reached' : 'the script threw', ...texts };
  if (saysNotOk(state.result)) return { kind: 'failed', status: 'failed', note: 'the script returned ok:false', ...texts };
  if (recorded === 'failed') return { kind: 'failed', status: 'failed', ...texts };
  const ended = Object.entries(census).reduce((sum, [kind, count]) => (kind === 'ok' || kind === 'cached' ? sum : sum + count), 0);
  // Nodes that the script did not wait for did not fail.
  const bad = ended - Object.keys(state.unfinishedAgents ?? {}).length;
  if (bad > 0) return { kind: 'mixed', status: 'completed', note: `with ${bad} failed node${bad === 1 ? '' : 's'}`, ...texts };
  return { kind: 'ok', status: 'completed', ...texts };
}

function heldNote({ parked, run_id }: RunFile): string {
  if (!parked) return `goes on with: odw unpause ${run_id}`;
  const until = parked.until === undefined ? '' : ` until ${parked.until}`;
  return `${parked.reason}${until}${parked.message === undefined ? '' : `: ${parked.message}`}; goes on with: ${parked.fix ?? `odw unpause ${run_id}`}`;
}

function saysNotOk(result: Json | undefined): boolean {
  return typeof result === 'object' && result !== null && !Array.isArray(result) && result['ok'] === false;
}
