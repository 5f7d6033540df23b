import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { RunInput } from '../../schemas/run-input.ts';
import { OdwError } from '../../src/errors/error.ts';
import { executionInput } from '../../src/execution-input.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { unixMs } from './closing.ts';

/** Fetches a run's whole history and keeps it in the run folder, so that the server's retention never loses a run (DESIGN D6). */
export async function exportHistory(handle: WorkflowHandle, runDir: string): Promise<History> {
  const [history, { historyToJSON }] = await Promise.all([handle.fetchHistory(), import('@temporalio/common/lib/proto-utils.js')]);
  writeFileAtomic(join(runDir, 'history.json'), historyToJSON(history), { sync: true });
  return history;
}

/**
 * The input that a run was started with, from the first event of its history.
 *
 * @throws OdwError `not-an-odw-run` when the workflow was not started by odw
 */
export async function readRunInput(client: Client, workflowId: string): Promise<RunInput> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: 1,
  });
  return decodeRunInput(client.options.loadedDataConverter, history?.events?.[0], workflowId);
}

/** The run's input in its start event. Throws as {@link readRunInput}. */
export async function decodeRunInput(
  converter: LoadedDataConverter,
  started: NonNullable<History['events']>[number] | undefined,
  workflowId: string,
): Promise<RunInput> {
  const { decodeArrayFromPayloads, extstoreInboundOptions, visit, walkStartWorkflowExecutionRequest } =
    await import('@temporalio/common/lib/internal-non-workflow/index.js');
  // A large input is in the blob store; only whole messages can be resolved, and the event itself is to stay as it is.
  // Behind the input, a run that goes on in a new execution carries what it took in before.
  const request = { input: { payloads: (started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []).slice(0, 1) } };
  await visit(request, walkStartWorkflowExecutionRequest, extstoreInboundOptions(converter.externalStorage));
  const values = await decodeArrayFromPayloads(converter, request.input.payloads, undefined);
  const input = values[0] as Partial<RunInput> | undefined;
  if (input?.version !== 1 || !input.runId || !input.runDir)
    throw new OdwError('not-an-odw-run', `workflow ${workflowId} was not started by this odw`, { fields: { workflowId } });
  return executionInput(input as RunInput, { workflowId, startedMs: started?.eventTime ? unixMs(started.eventTime) : 0 });
}
