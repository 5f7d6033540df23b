import type { Client } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';

/** The histories of a run that went on in new executions, the last one first, as far as the server still has them. */
export async function* executionsOf(client: Client, runId: string, last: History): AsyncGenerator<History> {
  for (let history: History | undefined = last; history;) {
    yield history;
    const before: string | null | undefined = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!before) return;
    history = await client.workflow
      .getHandle(runId, before)
      .fetchHistory()
      .catch(() => undefined);
  }
}
