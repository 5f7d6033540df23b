import { stepFiles } from '../executor/node-files.ts';
import { answerArgv, taskArgv } from './argv.ts';
import { writeContinuation } from './dispatch-files.ts';
import type { ExecutorContext } from './run-executor.ts';
import { createStep, stepDir, stepDuration, type Step } from './steps.ts';

/** How many times odw answers an executor that asks (EXEC-14). */
export const MAX_ANSWER_ROUNDS = 6;

const ANSWER = 'Nobody is there to answer. Decide for yourself, with the most sensible default, state what you assumed, and finish the task.';

/** What is left of a node's time limit before its next step, in milliseconds (EXEC-10); null = no limit. */
export function remainingTime({ request, files }: ExecutorContext, earlier: readonly Step[]): number | null {
  if (request.timeoutMs === null) return null;
  return request.timeoutMs - earlier.reduce((sum, step) => sum + stepDuration(files.dir, step), 0);
}

/** Plans the next step of a node, on disk, before it starts; undefined when the time limit is used up. */
export function planStep(context: ExecutorContext, earlier: readonly Step[], action: Step['action'], round = 0): Step | undefined {
  const { request, host, files, dispatch, cwd } = context;
  const { executor } = host;
  const remainingMs = remainingTime(context, earlier);
  if (remainingMs !== null && remainingMs <= 0) return undefined;
  const number = earlier.length + 1;
  const paths = stepFiles(stepDir(files.dir, number));
  const dispatchId = `${request.runId}.${host.activityId}.${number}`;
  const call = {
    cwd,
    taskFile: action === 'resume' ? writeContinuation(files, context.prompt) : dispatch.promptFile,
    report: paths.report,
    executorPid: paths.executorPid,
    events: files.events,
    schema: request.schema ? files.schema : undefined,
    dispatchId,
    remainingMs,
  };
  const argv = action === 'answer' ? answerArgv(request, executor, cwd, ANSWER, remainingMs) : taskArgv(action, request, executor, call);
  return createStep(files.dir, { number, action, round, argv: [...executor.command, ...argv], cwd, dispatchId, startedMs: Date.now() });
}
