import type { Client, WorkflowHandle } from '@temporalio/client';
import { runQueue } from '../worker/run-worker.ts';
import { cutCodePoints } from '../../src/text.ts';
import type { RunInput } from '../../schemas/run-input.ts';

/**
 * Starts the run as a Temporal workflow whose Workflow Id is the run id and whose Workflow Type is the script's name,
 * so that both can be found in the Web UI.
 */
export async function startRun(
  client: Client,
  input: RunInput,
  searchAttributes: boolean,
  taskQueue = runQueue(input.runId),
): Promise<WorkflowHandle & { firstExecutionRunId: string }> {
  const { defineSearchAttributeKey } = await import('@temporalio/common');
  const { meta } = input.script;
  const summary = cutCodePoints(meta.description ?? meta.whenToUse ?? `odw run of ${meta.name}`, 180);
  const phases = meta.phases.map((phase) => `- ${phase.title}${phase.detail ? `: ${phase.detail}` : ''}`).join('\n');
  const details = [`**${meta.name}**, backend ${input.options.backend}`, `Script: \`${input.script.path}\``, `SHA-256: \`${input.script.sha256}\``, phases]
    .filter(Boolean)
    .join('\n\n');
  // The server refuses names of more than 1000 bytes.
  return client.workflow.start(cutCodePoints(meta.name, 200), {
    taskQueue,
    workflowId: input.runId,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    args: [input],
    staticSummary: summary,
    staticDetails: cutCodePoints(details, 8000),
    memo: { script: input.script.path, sha256: input.script.sha256, root: input.root, odw: input.odwVersion, resumedFrom: input.resumedFrom },
    ...(searchAttributes ? { typedSearchAttributes: [{ key: defineSearchAttributeKey('OdwProject', 'KEYWORD'), value: input.root.slice(-250) }] } : {}),
  });
}
