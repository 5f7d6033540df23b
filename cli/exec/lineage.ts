import type { Client } from '@temporalio/client';
import type { RunInput } from '../../schemas/run-input.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { decodeRunInput } from '../../temporal/run/history.ts';
import { findHistory } from '../../temporal/run/rebuild.ts';
import { findRecorded, type RecordedRun } from './recorded.ts';

type Reuse = NonNullable<RunInput['reuse']>;

/**
 * What a run offers for reuse, with what it had taken over itself: a run that failed early, or whose script could not even be loaded,
 * did not ask for all of that again, and it is paid for all the same.
 *
 * @param readOwn reads what one run made itself
 * @throws OdwError as `readOwn` does, when nothing was taken over either
 */
export async function readLineage(client: Client, root: string, run: RecordedRun, readOwn: (run: RecordedRun) => Promise<Reuse>): Promise<Reuse> {
  const earlier = await readEarlier(client, root, run, readOwn);
  try {
    const own = await readOwn(run);
    if (!earlier) return own;
    return {
      ...own,
      nodes: { ...earlier.nodes, ...own.nodes },
      checkpoints: { ...earlier.checkpoints, ...own.checkpoints },
      spent: Math.max(earlier.spent, own.spent),
      approx: earlier.approx || own.approx,
    };
  } catch (error) {
    if (earlier && isOdwError(error) && error.slug === 'resume-no-results') return earlier;
    throw error;
  }
}

// The history of a run says what it took over; one that never got to the server says only from whom.
async function readEarlier(client: Client, root: string, run: RecordedRun, readOwn: (run: RecordedRun) => Promise<Reuse>): Promise<Reuse | null> {
  const history = await findHistory(client, run.runId, run.runDir);
  if (history) return (await decodeRunInput(client.options.loadedDataConverter, history.events?.[0], run.runId)).reuse;
  if (run.resumedFrom === undefined) return null;
  try {
    return await readLineage(client, root, findRecorded(root, run.resumedFrom), readOwn);
  } catch (error) {
    if (isOdwError(error) && ['run-not-found', 'resume-no-results'].includes(error.slug)) return null;
    throw error;
  }
}
