import type { History } from '@temporalio/common/lib/proto-utils.js';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import type { Client } from '@temporalio/client';

/** Does something with a client of the test session's server. */
export async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const { connection, client } = await connectEngine(await ensureEngine(), blobDataConverter());
  try {
    return await use(client);
  } finally {
    await connection.close();
  }
}

/** The histories of all executions of a run, first to last. */
export function historiesOf(runId: string): Promise<History[]> {
  return withClient(async (client) => {
    const histories: History[] = [];
    let execution: string | undefined = (await client.workflow.getHandle(runId).fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes
      ?.firstExecutionRunId as string;
    while (execution) {
      const history: History = await client.workflow.getHandle(runId, execution).fetchHistory();
      histories.push(history);
      execution = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
    }
    return histories;
  });
}

/** Ids of the node activities that were handed out, over all executions. */
export function dispatchedIn(histories: readonly History[]): string[] {
  return activitiesIn(histories, 'agent').flatMap(({ activityId }) => activityId ?? []);
}

/** The activities of a type that were asked for, over all executions. */
export function activitiesIn(histories: readonly History[], type: string) {
  return histories.flatMap(({ events }) =>
    (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: asked }) => (asked?.activityType?.name === type ? [asked] : [])),
  );
}
