import type { Client, WorkflowHandle, WorkflowStartOptions } from '@temporalio/client';
import { cutCodePoints } from '../../src/text.ts';
import { runQueue } from '../worker/run-worker.ts';
import type { RunInput } from '../../schemas/run-input.ts';

/** What the server is told of a run beside its input: texts for the Web UI, memo, search attributes. */
export type RunTexts = Pick<WorkflowStartOptions, 'staticSummary' | 'staticDetails' | 'memo' | 'typedSearchAttributes'>;

/**
 * How long the server waits for a worker that has taken a task of a run, before it hands it out again. A host that takes a run up plays all of it
 * in one task, which takes seconds when prompts are large, and longer on a busy machine. The task of a host that was killed is freed at once.
 */
export const workflowTaskTimeout = '40s';

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
  return client.workflow.start(workflowType(input), {
    taskQueue,
    workflowId: input.runId,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowTaskTimeout,
    args: [input],
    ...(await runTexts(input, searchAttributes)),
  });
}

/** The script's name as Workflow Type. The server refuses one of more than 1000 bytes. */
export function workflowType(input: RunInput): string {
  return cutCodePoints(input.script.meta.name, 200);
}

/** Texts, memo and search attributes of a run, for its start or for a schedule that starts it. */
export async function runTexts(input: RunInput, searchAttributes: boolean): Promise<RunTexts> {
  const { defineSearchAttributeKey } = await import('@temporalio/common');
  const { meta } = input.script;
  const summary = cutCodePoints(meta.description ?? meta.whenToUse ?? `odw run of ${meta.name}`, 180);
  const phases = meta.phases.map((phase) => `- ${phase.title}${phase.detail ? `: ${phase.detail}` : ''}`).join('\n');
  const details = [
    `**${meta.name}**, backend ${input.options.backend}`,
    `Script: \`${input.script.path}\``,
    `SHA-256: \`${input.script.sha256}\``,
    lineageText(input),
    phases,
  ]
    .filter(Boolean)
    .join('\n\n');
  return {
    staticSummary: summary,
    staticDetails: cutCodePoints(details, 8000),
    memo: {
      script: input.script.path,
      sha256: input.script.sha256,
      root: input.root,
      odw: input.odwVersion,
      resumedFrom: input.resumedFrom,
      lineageRoot: input.lineageRoot ?? null,
    },
    ...(searchAttributes ? { typedSearchAttributes: [{ key: defineSearchAttributeKey('OdwProject', 'KEYWORD'), value: input.root.slice(-250) }] } : {}),
  };
}

function lineageText({ resumedFrom, lineageRoot }: RunInput): string {
  if (resumedFrom === null) return '';
  return `Resumed from \`${resumedFrom}\`${lineageRoot && lineageRoot !== resumedFrom ? `, first run \`${lineageRoot}\`` : ''}`;
}
