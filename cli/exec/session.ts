import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { buildRunFile, updateRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import { resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { tryLock } from '../../system/lock-file.ts';
import { odwHome } from '../../system/paths.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { clientOn, openConnection } from '../../temporal/connect.ts';
import { ensureEngine, guardServer, type Engine, type Progress } from '../../temporal/engine/index.ts';
import { unplayable } from '../../temporal/run/closing.ts';
import { hostRun, type HostEnd } from '../../temporal/run/host.ts';
import { openFields } from '../../temporal/run/run-state.ts';
import { isServerAway } from '../../temporal/run/over-loss.ts';
import { allWell } from '../../src/journal/census.ts';
import { failureCauses } from '../../src/journal/causes.ts';
import { followJournal } from '../runs/follow.ts';
import { readState } from '../runs/read-state.ts';
import { printEngineProgress } from '../engine-progress.ts';
import { eventsPath } from './exec.ts';
import type { ExecFlags } from './flags.ts';
import { createRunFolder } from './folder.ts';
import { readFollowedEnd, type RunEnd } from './followed-end.ts';
import { openReport } from './open-report.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';
import type { ResumePlan } from './resume.ts';
import { findRecorded } from './recorded.ts';
import { planAnew, rethrow, retake } from './retake.ts';
import { catchSignals } from './signals.ts';
import { debugPoint } from '../../system/debug-point.ts';
import { asReplaced } from '../../system/replaced.ts';

const mostConnects = 5;

/** Runs a plan against the engine, from connection to the files of its end. Returns the exit code. */
export async function runSession(plan: RunPlan, input: RunInput, flags: ExecFlags, output: ExecOutput): Promise<number> {
  return retake(plan, output, (current, begun) => hostSession(current, input, begun ? goingOn(flags) : flags, output));
}

// Limits, nodes to run again and the like were asked of the run that goes on: asked once more they would undo what was said since, or end it.
function goingOn({ path, autoAnswer, report, json, jsonEnvelope, open }: ExecFlags): ExecFlags {
  return { path, autoAnswer, report, ...(json ? { json } : {}), ...(jsonEnvelope ? { jsonEnvelope } : {}), ...(open ? { open } : {}) };
}

async function hostSession(plan: RunPlan, input: RunInput, flags: ExecFlags, output: ExecOutput): Promise<number> {
  const { engine, connection } = await connect(output);
  const stopGuard = guardServer(engine);
  return onEngine(engine, connection, stopGuard, plan, input, flags, output).finally(stopGuard);
}

async function onEngine(
  engine: Engine,
  connection: NativeConnection,
  stopGuard: () => void,
  plan: RunPlan,
  input: RunInput,
  flags: ExecFlags,
  output: ExecOutput,
): Promise<number> {
  const dataConverter = blobDataConverter(process.env);
  debugPoint('after-connect');
  let loading: Promise<Client> | undefined;
  const client = () => (loading ??= clientOn(connection, engine, dataConverter));
  const resume: ResumePlan = plan.recorded
    ? await (await import('./resume.ts')).planResume(engine, await client(), plan, input, flags).catch((error: unknown) => rethrow(error))
    : { mode: 'start', plan, input };
  for (const line of resume.notes ?? []) output.notice(line);

  const { plan: own, input: runInput, mode } = resume;
  if (mode === 'start') createRunFolder(own);
  debugPoint('after-run-folder');
  if (mode === 'start' && runInput.reuse && runInput.resumedFrom !== null) {
    const { ownReused } = await import('./own-reused.ts');
    await ownReused(own, runInput.resumedFrom, output);
  }
  const lockPath = join(own.runDir, 'host.lock');
  const lock = tryLock(lockPath);
  if (!('release' in lock)) {
    output.header(own, eventsPath(own));
    // Its processes cannot be seen from here, so it counts as alive for ever.
    const gone = lock.heldBy.host === hostname() ? '' : `; should that machine be gone for good, delete ${lockPath}`;
    output.notice(`process ${lock.heldBy.pid} on ${lock.heldBy.host} hosts this run; following it, and taking over when it ends${gone}`);
    await followJournal(own.runDir, { onRecord: output.record });
    const ended = await readFollowedEnd(own.runDir);
    if (ended) return printEnd(own, ended, flags, output);
    return runSession(planAnew(plan, own.runId), input, flags, output);
  }
  if (mode === 'attach' && resume.shared) {
    lock.release();
    throw (await import('./resume.ts')).needsWorker(own.runId);
  }
  const place = {
    workflowId: own.runId,
    temporalRunId: null,
    namespace: engine.namespace,
    address: engine.address,
    ui: engine.uiUrl,
    ...(engine.managed ? { home: odwHome() } : {}),
  };
  if (mode === 'start') writeRunFile(buildRunFile(runInput, place));
  else updateRunFile(own.runDir, { ...openFields(own.runDir), finished_ms: null, address: place.address, ui: place.ui });
  debugPoint('after-run-file');
  output.header(own, eventsPath(own));
  if (engine.uiUrl) output.line(`[odw] web ui: ${runAddress(engine, own.runId)}`);

  // A file that cannot be written now, or was deleted, is no reason to leave a run.
  const tell = (change: Parameters<typeof updateRunFile>[1]) => {
    try {
      updateRunFile(own.runDir, change);
    } catch (error) {
      output.notice((error as Error).message);
    }
  };
  const resumeCommand = `odw exec --path ${own.root} --resume ${own.runId}`;
  let isClosed = false;
  const signals = catchSignals(
    (signal) => {
      const done = isClosed ? `the run has ended, and its files are being written` : `no new node is started; leaving the run open (${own.runDir})`;
      output.notice(`${signal}: ${done}. Once more ends at once`);
    },
    own.runDir,
    () => output.notice(`ended at once; ${isClosed ? 'its files are completed' : 'the run goes on'} with: ${resumeCommand}`),
  );
  let begun = false;
  try {
    const end = await hostRun({
      engine,
      connection,
      client,
      dataConverter,
      input: runInput,
      mode,
      executor: resolveExecutor(process.env, own.executor),
      leave: signals.leave,
      onLine: output.event,
      onError: (error) => output.notice(error.message),
      onNotice: output.notice,
      onClosed: () => (isClosed = true),
      onStarted: (handle) => {
        begun = true;
        // From here on the run's host looks after the server, and says so.
        stopGuard();
        const runId = (handle as { firstExecutionRunId?: string }).firstExecutionRunId;
        if (runId) tell({ temporal_run_id: runId });
      },
    });
    if (mode === 'attach' && end.closed && end.closing.error?.category === unplayable) {
      lock.release();
      signals.dispose();
      output.notice(`${end.closing.error.message}: a new run reuses what is finished`);
      return await runSession({ ...plan, recorded: { ...findRecorded(plan.root, own.runId), asked: own.runId } }, input, flags, output);
    }
    return await finish(own, end, flags, output, signals.exitCode);
  } catch (error) {
    if (isServerAway(error) && !signals.leave.aborted) rethrow(error, own.runId, begun);
    tell({ status: 'interrupted', state: 'interrupted' });
    output.notice(`the host failed; the run stays open: ${resumeCommand}`);
    throw asReplaced(error, `Executors work on. See that odw is installed, then go on with: ${resumeCommand}`);
  } finally {
    signals.dispose();
    lock.release();
  }
}

// Our own server may die between the look at it and the connection, and again when it was brought back.
async function connect(output: ExecOutput): Promise<{ engine: Engine; connection: NativeConnection }> {
  for (let time = 1; ; time++) {
    const engine = await readyEngine(output);
    try {
      return { engine, connection: await openConnection(engine) };
    } catch (error) {
      if (!engine.managed || time === mostConnects) throw error;
    }
  }
}

async function readyEngine(output: ExecOutput): Promise<Engine> {
  const printer = printEngineProgress();
  // A machine reader is told only of what takes minutes.
  const onProgress = (progress: Progress) => {
    if (!output.quiet || ['download', 'modules', 'build'].includes(progress.phase)) printer.onProgress(progress);
  };
  try {
    const engine = await ensureEngine({ onProgress });
    if (engine.warning) output.notice(engine.warning);
    return engine;
  } finally {
    printer.end();
  }
}

async function finish(plan: RunPlan, end: HostEnd, flags: ExecFlags, output: ExecOutput, signalCode: () => number): Promise<number> {
  if (!end.closed) {
    const message = `interrupted; the run stays open. Go on with: odw exec --path ${plan.root} --resume ${plan.runId}`;
    output.failure(plan.runId, { category: 'interrupted', message }, () => output.notice(message));
    return signalCode();
  }
  const { closing, result, census } = end;
  const report = flags.report
    ? await import('../write-report.ts')
        .then(({ writeReport }) => writeReport(plan.runDir))
        .catch((error: unknown) => void output.notice(`no report was written: ${(error as Error).message}`))
    : undefined;
  debugPoint('after-report');
  return printEnd(plan, { closing, result, census, report: report ?? undefined }, flags, output);
}

function printEnd(plan: RunPlan, { closing, result, census, report }: RunEnd, flags: ExecFlags, output: ExecOutput): number {
  output.end(plan, closing, result, report, census);
  if (closing.status === 'cancelled') output.stoppedLine(plan, closing.error?.message ?? 'the run was stopped');
  else if (closing.status !== 'completed') output.failureLine(plan, closing.error?.category === 'result_not_ok');
  // A state.json of large results takes seconds and three times its size to read.
  if (!census || !allWell(census)) output.causes(failureCauses(readState(plan.runDir, []).failedAgents));
  if (flags.open && report) openReport(report);
  return closing.code;
}

function runAddress(engine: Engine, runId: string): string {
  return `${engine.uiUrl}/namespaces/${engine.namespace}/workflows/${runId}`;
}
