import type { RunFile } from '../../schemas/run-file.ts';

/** How a run closed, as its exit record says. */
export type RunEnd = 'completed' | 'failed' | 'cancelled';

/** The finer state of a run that has closed (features.md section 2.1). What it left unfinished did not fail. */
export function endState(status: RunEnd, failedNodes: number): NonNullable<RunFile['state']> {
  if (status === 'cancelled') return 'stopped';
  return status === 'completed' && failedNodes > 0 ? 'completed-with-failures' : status;
}
