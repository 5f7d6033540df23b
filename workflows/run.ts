import { ApplicationFailure, CancellationScope, CancelledFailure, ContinueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import { executionInput } from '../src/execution-input.ts';
import { internalNames } from '../src/script/names.ts';
import { mapStack } from '../src/script/stack.ts';
import type { Batch, Continuation } from '../schemas/continuation.ts';
import type { Json } from '../schemas/json.ts';
import type { RunInput, RunOutput } from '../schemas/run-input.ts';
import { acceptCommands } from './control/commands.ts';
import { dialectGlobals } from './dialect/globals.ts';
import { thrownMessage } from './dialect/slots.ts';
import { acceptLimits } from './limits.ts';
import { readMeta } from './meta.ts';
import { beginRun, type Course } from './outside/begin.ts';
import { PlayMismatch } from './outside/errors.ts';
import { until } from './outside/quiet.ts';
import { RunContext } from './run-context.ts';
import { readResult } from './result.ts';
import { runInScope, type ScriptFrame } from './scope.ts';
import { tellFigures } from './search.ts';
import { compileInSandbox, scriptSourceUrl, wrapperLines } from './sandbox/compile.ts';

/**
 * The one workflow: runs any script (DESIGN D1). Its Workflow Type is the script's own name, since it is the default export.
 *
 * @param continuation set when the run goes on after its history had grown too long, with `chunks` of what it took in before
 * @returns the script's result; a failed run is an ApplicationFailure of type `workflow_error` or `result_not_ok`
 */
export async function runWorkflow(ofStart: RunInput, continuation?: Continuation, ...chunks: Batch[][]): Promise<RunOutput> {
  const { workflowId, startTime } = workflowInfo();
  const input = executionInput(ofStart, { workflowId, startedMs: startTime.getTime() });
  const ctx = new RunContext(input);
  const course = beginRun(ctx, continuation, chunks);
  acceptLimits(ctx);
  acceptCommands(ctx);
  const { dialect } = ctx;
  const args = dialect === 'claude' && input.argsOmitted ? undefined : input.args;
  const frame: ScriptFrame = { script: input.script, meta: input.script.meta, args, dialect, depth: 0, sourceUrl: scriptSourceUrl };
  const frames = [frame];
  ctx.frame = frame;
  let fail: (error: unknown) => void = () => {};
  const fatal = new Promise<never>((_, reject) => (fail = reject));
  fatal.catch(() => {});
  ctx.fail = fail;
  const setMeta = (one: ScriptFrame, meta: unknown) => {
    one.meta = readMeta(meta, one.meta);
    if (one !== frame) return;
    ctx.limits.readScript(one.meta.limits);
    for (const problem of one.meta.limitProblems ?? []) ctx.warn(problem);
  };
  const runFrame = (one: ScriptFrame): Promise<unknown> => {
    if (one !== frame) frames.push(one);
    return compileInSandbox(
      one.script,
      { ...dialectGlobals(ctx, one, runFrame, fail), [internalNames.meta]: (meta: unknown) => setMeta(one, meta) },
      one.sourceUrl,
    )();
  };

  const { name, whenToUse } = input.script.meta;
  const start = { name, script: input.script.path, backend: input.options.backend, resumeFrom: input.resumeFrom, whenToUse: whenToUse ?? null };
  const carried = input.reuse?.usage;
  ctx.journal.emit('workflow_start', carried ? { ...start, carried } : start, { budget: ctx.budget.toState() });
  for (const problem of input.script.meta.limitProblems ?? []) ctx.warn(problem);
  const ignored = input.reuse?.ignored ?? 0;
  if (ignored > 0) ctx.journal.emit('log', { message: `${ignored} earlier results have no SHA-256 fingerprint and are not reused` });
  try {
    const script = runInScope({ phase: '', frame }, async () => runFrame(frame));
    script.catch(() => {});
    const value: unknown = await Promise.race([script, fatal, course.leave, cancelOf(course)]);
    return finish(ctx, name, value);
  } catch (error) {
    if (isCancellation(error)) return await cancelled(ctx);
    if (error instanceof ContinueAsNew || error instanceof PlayMismatch) throw error;
    tellFigures(ctx);
    if (error instanceof ApplicationFailure) throw error;
    const message = thrownMessage(error);
    const stack = mappedStack(error, frames) ?? message;
    ctx.journal.emit('workflow_error', { message: stack }, { budget: ctx.budget.toState() });
    throw ApplicationFailure.create({ message, type: 'workflow_error', nonRetryable: true, details: [{ stack }] });
  }
}

// CLI-08, RET-01, RET-02.
function finish(ctx: RunContext, name: string, value: unknown): RunOutput {
  tellFigures(ctx);
  const result = readResult(value, ctx.input.options.maxPayloadBytes);
  const fields = result === undefined ? { name } : { name, result };
  ctx.journal.emit('workflow_done', fields, { budget: ctx.budget.toState() });
  const failure = ctx.limits.lastWord();
  if (failure) throw failure;
  const ok = !(typeof result === 'object' && result !== null && !Array.isArray(result) && result['ok'] === false);
  if (ok) return result === undefined ? { ok } : { ok, result };
  throw ApplicationFailure.create({
    message: 'the workflow returned ok:false',
    type: 'result_not_ok',
    nonRetryable: true,
    details: [{ result: result as Json }],
  });
}

// A cancel holds only once the run stands where it stood.
async function cancelOf({ live, stay }: Course): Promise<never> {
  try {
    return await CancellationScope.current().cancelRequested;
  } catch (error) {
    await live;
    stay();
    throw error;
  }
}

// Running nodes hear of the cancel by themselves; the run ends when the last has ended, its work captured.
async function cancelled(ctx: RunContext): Promise<never> {
  ctx.control.stop('cancelled');
  await until(() => ctx.inFlight === 0);
  ctx.control.stopped();
  tellFigures(ctx);
  throw new CancelledFailure('the run was stopped');
}

function mappedStack(error: unknown, frames: ScriptFrame[]): string | undefined {
  if (typeof error !== 'object' || error === null || typeof (error as { stack?: unknown }).stack !== 'string') return undefined;
  const { stack } = error as { stack: string };
  const thrower = frames.find((frame) => stack.includes(`${frame.sourceUrl}:`)) ?? frames[0];
  return thrower && mapStack(thrower.script, stack, thrower.sourceUrl, wrapperLines);
}
