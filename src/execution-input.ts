import type { RunInput } from '../schemas/run-input.ts';

/** What the engine says of one execution of a workflow. */
export interface Execution {
  workflowId: string;
  /** Unix time in milliseconds. */
  startedMs: number;
}

/**
 * The input as one execution has it. A schedule starts the same input again and again, so run id, folder and start are those of the
 * execution (CLI-09); the input of any other run names its own.
 */
export function executionInput(input: RunInput, { workflowId, startedMs }: Execution): RunInput {
  // An input that already names this execution is one that a long run hands on to itself.
  if (!input.scheduled || input.runId === workflowId) return input;
  return { ...input, runId: workflowId, runDir: `${input.root}/.odw/runs/${workflowId}`, startedMs };
}
