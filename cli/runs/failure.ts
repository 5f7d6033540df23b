import type { Json } from '../../schemas/json.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunState } from '../../schemas/state.ts';

/** First line of what a run failed of (CLI-23), wherever it is recorded: the thrown error, run.json, or a result that says `ok:false`. */
export function failureOf(run: RunFile | undefined, state: RunState, events: JournalRecord[]): string | undefined {
  if (run && run.status !== 'failed') return undefined;
  const thrown = events.findLast((record) => record.type === 'script_stream' && typeof record.raw === 'object' && record.raw.type === 'workflow_error');
  const message = thrown?.type === 'script_stream' && typeof thrown.raw === 'object' ? thrown.raw['message'] : undefined;
  const cause = [message, state.error?.message, run?.error?.message, causeIn(state.result)].find((text) => typeof text === 'string' && text.trim() !== '');
  return typeof cause === 'string' ? cause.trim().split(/\r?\n/)[0] : undefined;
}

function causeIn(result: Json | undefined): Json | undefined {
  if (typeof result !== 'object' || result === null || Array.isArray(result) || result['ok'] !== false) return undefined;
  const error = result['error'];
  if (typeof error === 'object' && error !== null && !Array.isArray(error)) return error['message'] ?? error['category'];
  return typeof error === 'string' ? error : (result['message'] ?? 'the script returned ok:false');
}
