import type { InnerEvent } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import { liveStates, type LiveState } from '../../schemas/run-control.ts';

const held: readonly LiveState[] = ['pausing', 'paused', 'parked'];

/** What run.json says of an open run after a `run_state` event. */
export function liveFields(event: InnerEvent): Partial<RunFile> {
  const state = liveStates.find((name) => name === event['to']) ?? 'running';
  return { status: held.includes(state) ? 'paused' : 'running', state, parked: (event['parked'] as RunFile['parked']) ?? null };
}
