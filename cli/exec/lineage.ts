import type { Client } from '@temporalio/client';
import { isOdwError } from '../../src/errors/error.ts';
import { decodeRunInput } from '../../temporal/run/history.ts';
import { findHistory } from '../../temporal/run/rebuild.ts';
import { withInherited, type Earlier, type Reuse } from './earlier.ts';
import { findRecorded, type RecordedRun } from './recorded.ts';

/**
 * What a run offers for reuse, with what it had taken over itself: a run that failed early, or whose script could not even be loaded,
 * did not ask for all of that again, and it is paid for all the same.
 *
 * @param readOwn reads what one run made itself
 * @throws OdwError as `readOwn` does, when nothing was taken over either
 */
export async function readLineage(client: Client, root: string, run: RecordedRun, readOwn: (run: RecordedRun) => Promise<Earlier>): Promise<Earlier> {
  const inherited = await readInherited(client, root, run, readOwn);
  try {
    return withInherited(await readOwn(run), inherited);
  } catch (error) {
    if (inherited && isOdwError(error) && error.slug === 'resume-no-results') {
      const { again: _asked, ...reuse } = inherited;
      return { reuse, failed: [], active: [] };
    }
    throw error;
  }
}

// The history of a run says what it took over; one that never got to the server says only from whom.
async function readInherited(client: Client, root: string, run: RecordedRun, readOwn: (run: RecordedRun) => Promise<Earlier>): Promise<Reuse | null> {
  const history = await findHistory(client, run.runId, run.runDir);
  if (history) return (await decodeRunInput(client.options.loadedDataConverter, history.events?.[0], run.runId)).reuse;
  if (run.resumedFrom === undefined) return null;
  try {
    return (await readLineage(client, root, findRecorded(root, run.resumedFrom), readOwn)).reuse;
  } catch (error) {
    if (isOdwError(error) && ['run-not-found', 'resume-no-results'].includes(error.slug)) return null;
    throw error;
  }
}
