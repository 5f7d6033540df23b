import type { InnerEvent } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import { liveStates, type LiveState } from '../../schemas/run-control.ts';
import { censusKinds, type Census } from '../../src/journal/census.ts';

const held: readonly LiveState[] = ['pausing', 'paused', 'parked'];

/** What run.json says of an open run after a `run_state` event. */
export function liveFields(event: InnerEvent): Partial<RunFile> {
  const state = liveStates.find((name) => name === event['to']) ?? 'running';
  return { status: held.includes(state) ? 'paused' : 'running', state, parked: (event['parked'] as RunFile['parked']) ?? null };
}

/** The finer state of a run that has closed (features.md section 2.1). */
export function endState(status: 'completed' | 'failed' | 'cancelled', census: Census): NonNullable<RunFile['state']> {
  if (status === 'cancelled') return 'stopped';
  const lost = censusKinds.some((kind) => kind !== 'ok' && kind !== 'cached' && census[kind] > 0);
  return status === 'completed' && lost ? 'completed-with-failures' : status;
}
