import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeFailure, NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { at } from '../../src/executor-report/json-object.ts';
import { needsInput } from '../../src/executor-report/needs-input.ts';
import type { Execution } from '../../src/executor-report/normalise.ts';
import { reportTokens } from '../../src/executor-report/tokens.ts';
import { writeFileOnce } from '../../system/files.ts';
import { endStep } from '../executor/end-step.ts';
import { inspectNode } from '../executor/inspect.ts';
import { stepFiles, type NodeFiles } from '../executor/node-files.ts';
import { awaitExecutor, neverLoaded } from './await-executor.ts';
import type { Dispatch } from './dispatch-files.ts';
import { cancelledFailure, filesGoneFailure, lostFailure, notInstalledFailure, spawnFailure, timeLimitFailure } from './executor-failures.ts';
import type { NodeHost, NodeTimings } from './host.ts';
import { nodeLeft } from './node-left.ts';
import { MAX_ANSWER_ROUNDS, planStep, remainingTime } from './plan-step.ts';
import { readExecution, wasInterrupted, wasKilled, wasStopped } from './read-execution.ts';
import { Rounds } from './rounds.ts';
import { runStep, type StepEnd } from './run-step.ts';
import { saveRawReport } from './save-raw-report.ts';
import { sessionKnown } from './session-known.ts';
import { readSteps, stepDir, type Step } from './steps.ts';
import { stopSession } from './stop-session.ts';
import { replaced } from '../../system/replaced.ts';
import { isDiskFull } from '../../system/disk-full.ts';

export interface ExecutorContext {
  request: NodeRequest;
  host: NodeHost;
  timings: NodeTimings;
  files: NodeFiles;
  dispatch: Dispatch;
  /** The whole prompt, as in the prompt file. */
  prompt: string;
  cwd: string;
}

/** How the executor of a node ended. */
export interface ExecutorEnd {
  /** The last step that left something; undefined when none did. */
  execution: Execution | undefined;
  /** Set when odw, not the executor's report, decides the outcome. */
  failure: NodeFailure | undefined;
  taken: NodeOutcome['taken'];
  /** The steps that left a report (BUD-05). */
  rounds: Rounds;
  /** Whether an executor ever ran. */
  started: boolean;
  events: NodeOutcome['events'];
}

// A host that loses executors over and over, for example to the out-of-memory killer, gives up after so many.
const MAX_LOST = 3;
// Between two starts of an executor that an upgrade is replacing.
const lookAgainMs = 1000;

/**
 * Drives the executor of a node to its end, whatever state an earlier host left it in: takes a finished result, waits for a
 * live process, continues or restarts a dead one, answers questions, keeps the time limit.
 *
 * @throws `node-left` when this host is to stop waiting and leave everything; `odw-replaced` when the shipped executor is gone
 */
export async function runExecutor(context: ExecutorContext): Promise<ExecutorEnd> {
  const { request, host, files, cwd } = context;
  const rounds = new Rounds(request, host.executor.env, context.dispatch.counted);
  const end: ExecutorEnd = { execution: undefined, failure: undefined, taken: 'started', rounds, started: false, events: [] };
  const fail = (failure: NodeFailure) => ({ ...end, failure });
  if (request.maxTurns !== undefined && !host.executor.features.has('--max-steps')) end.events.push(noTurnCap(host.executor.pandacodeBin));
  const steps = readSteps(files.dir);
  const known = steps.length;
  end.started = known > 0;
  for (const earlier of steps) {
    if (earlier.action === 'answer') end.events.push(answerEvent(request, earlier.round));
    if (earlier.number < known) keep(end, context, earlier, readExecution(files.dir, earlier, request));
  }
  let step = steps.at(-1);
  if (!step) {
    // QUOTA-06: a dispatch that was held goes on in its own session.
    step = next(request.held && canResume() ? 'resume' : 'exec');
    if (step?.action === 'resume') end.taken = 'continued';
  }
  let loadBy: number | undefined;
  for (let lost = 0; ;) {
    if (!step) return fail(timeLimitFailure(request));
    const fresh = step.number > known;
    const missing = fresh ? await awaitExecutor(host, context.timings) : undefined;
    if (missing) return fail(notInstalledFailure(missing));
    let ended: StepEnd;
    try {
      ended = await runStep(step, fresh, {
        files,
        host,
        timings: context.timings,
        deadlineOf: (startedMs) => deadline(context, steps, step as Step, startedMs),
      });
    } catch (error) {
      if (isDiskFull(error)) throw error;
      return fail(spawnFailure(error, cwd));
    }
    end.started = true;
    if (!fresh && ended.reached !== 'started') end.taken = ended.reached;
    if (ended.result === 'aborted' || ended.result === 'deadline') return fail(await cutShort(context, end, step, ended));

    const execution = readExecution(files.dir, step, request);
    if (execution && neverLoaded(context, step, execution)) {
      loadBy ??= Date.now() + context.timings.replacedMs;
      if (Date.now() > loadBy) throw replaced(`its executor cannot be loaded: ${execution.stderr.trim().slice(-500)}`);
      await sleep(lookAgainMs);
      step = next(step.action, step.round);
      continue;
    }
    const marked = existsSync(stepFiles(stepDir(files.dir, step.number)).interrupted);
    if (execution && !marked && wasStopped(execution) && (await isLeaving(context))) throw leftWithHost(context, step);
    if (!execution || wasKilled(execution) || wasInterrupted(files.dir, step, execution, marked)) {
      // Odw ended it while this host looked on: the node stays open, for the next host.
      if (marked && ended.watched) throw nodeLeft(host.activityId);
      // Its answer went with its files: to ask again is for a person to say.
      if (ended.watched && !existsSync(stepFiles(stepDir(files.dir, step.number)).step)) return fail(filesGoneFailure(files.dir));
      // Helpers of a dead executor would work beside the next one.
      await endStep(stepDir(files.dir, step.number), context.timings.killGraceMs);
      // What a dead one used, nobody knows; one that counts over its whole session tells it later.
      if (!keep(end, context, step, execution) && inspectNode(stepDir(files.dir, step.number)) !== 'none') rounds.lost();
      if (++lost > MAX_LOST) return fail(lostFailure(lost));
      step = next(canResume() ? 'resume' : 'exec');
      end.taken = step?.action === 'resume' ? 'continued' : 'started';
      continue;
    }
    end.execution = keep(end, context, step, execution);
    if (resumeRefused(step, execution)) {
      rounds.drop();
      step = next('exec');
      end.taken = 'started';
      continue;
    }
    const round = steps.filter((one) => one.action === 'answer').length + 1;
    if (!needsInput(execution.report) || !request.autoAnswer || round > MAX_ANSWER_ROUNDS) return end;
    step = next('answer', round);
    if (step) end.events.push(answerEvent(request, round));
  }

  function next(action: Step['action'], round = 0): Step | undefined {
    // A host that leaves may have no executor to plan with: what it wrote would be taken for the node's end.
    if (host.cancelled.aborted && host.cancelReason() === 'leave') throw nodeLeft(host.activityId);
    const planned = planStep(context, steps, action, round);
    if (planned) steps.push(planned);
    return planned;
  }

  function canResume(): boolean {
    return host.executor.features.has('--dispatch-id') && sessionKnown(request, files, cwd, host.executor.env);
  }
}

// Ends a step whose time is over or that was cancelled; what it left by then is kept.
async function cutShort(context: ExecutorContext, end: ExecutorEnd, step: Step, { result: cause, supervisor }: StepEnd): Promise<NodeFailure> {
  const { request, host, files, timings, cwd } = context;
  if (cause === 'aborted' && host.cancelReason() === 'leave') throw nodeLeft(host.activityId);
  const dir = stepDir(files.dir, step.number);
  const started = supervisor !== undefined || inspectNode(dir) !== 'none';
  await endStep(dir, timings.killGraceMs, supervisor);
  end.execution = keep(end, context, step, readExecution(files.dir, step, request)) ?? end.execution;
  if (cause === 'deadline') return timeLimitFailure(request);
  if (started || step.number > 1) await stopSession(request, host.executor, cwd);
  return cancelledFailure();
}

// When a machine goes down, or a service is stopped, host and executors are told so in the same moment.
async function isLeaving({ host: { leaving }, timings }: ExecutorContext): Promise<boolean> {
  if (!leaving || leaving.aborted) return leaving !== undefined;
  await sleep(timings.leaveMs, undefined, { signal: leaving }).catch(() => {});
  return leaving.aborted;
}

function leftWithHost({ host, files }: ExecutorContext, step: Step): Error {
  writeFileOnce(stepFiles(stepDir(files.dir, step.number)).interrupted, `${new Date().toISOString()}\n`);
  return nodeLeft(host.activityId);
}

function deadline(context: ExecutorContext, steps: readonly Step[], step: Step, startedMs: number): number | null {
  const remaining = remainingTime(context, steps.slice(0, step.number - 1));
  return remaining === null ? null : startedMs + Math.max(0, remaining) + context.timings.limitGraceMs;
}

function keep(end: ExecutorEnd, context: ExecutorContext, step: Step, execution: Execution | undefined): Execution | undefined {
  if (!execution || neverLoaded(context, step, execution)) return undefined;
  end.rounds.add(execution.report);
  return { ...execution, rawReport: saveRawReport(context.request, execution, end.events) };
}

function resumeRefused(step: Step, { report }: Execution): boolean {
  return step.action === 'resume' && at(report, 'error', 'category') === 'invalid_request' && reportTokens(report) === null;
}

function answerEvent(request: NodeRequest, round: number): NodeOutcome['events'][number] {
  return { type: 'panda_auto_answer', runtime: request.runtime, session: request.session, round };
}

// Told once per run, as a warning of the journal.
function noTurnCap(program: string): NodeOutcome['events'][number] {
  return {
    type: 'warning',
    message: `maxTurns has no effect: ${program} does not say in ODW_EXECUTOR_FEATURES that it knows --max-steps`,
  };
}
