import { rmSync } from 'node:fs';
import { isOdwError } from '../../src/errors/error.ts';
import { untilRoom } from '../../system/disk-full.ts';
import { failure, failureOf } from '../errors/failure.ts';
import { printObject } from '../report/print.ts';
import { readReportFile, writeReportFile } from '../report/report-file.ts';
import { buildReport, type Report } from '../report/report.ts';
import { sessionName } from '../state/session-name.ts';
import { performRun, type PerformedRun } from './perform-run.ts';
import { RunControl } from './run-control.ts';
import { identityIsAlive, readIdentity } from './run-identity.ts';
import type { RunSettings } from './settings.ts';
import { listenForSignals } from './signals.ts';
import { takeDispatch } from './take-dispatch.ts';
import { waitForReport } from './wait-for-report.ts';

/** Runs exec, resume or answer as a whole process: adopts an earlier result, runs, writes the report file, prints. @returns the exit code */
export async function execute(settings: RunSettings): Promise<number> {
  const { reportFile, dispatchId, timeoutMs, startedMs } = settings;
  if (!reportFile || dispatchId === null) return executeAlone(settings);
  const dispatch = await takeDispatch(reportFile, dispatchId, timeoutMs === null ? Infinity : startedMs + timeoutMs);
  if ('lock' in dispatch) {
    try {
      return await executeAlone(settings);
    } finally {
      dispatch.lock.release();
    }
  }
  const report = 'report' in dispatch ? dispatch.report : stillRunning(settings, dispatch.stillRunning);
  await printObject(report, settings.json);
  return exitCodeOfReport(report);
}

async function executeAlone(settings: RunSettings): Promise<number> {
  const taken = await earlierResult(settings);
  if (taken) {
    await printObject(taken.report, settings.json);
    return taken.exitCode;
  }
  const control = new RunControl();
  listenForSignals(control, settings.detachSafe);
  const { report, finish } = await begun(settings, control).catch((error: unknown) => ({ report: refused(settings, error), finish: () => undefined }));
  const { reportFile } = settings;
  try {
    // The answer is paid for: on a full disk it waits for room rather than be lost.
    if (reportFile) await untilRoom(() => writeReportFile(reportFile, report), tellFull);
  } catch (error) {
    report.warnings.push(`the report file could not be written: ${(error as Error).message}`);
  }
  finish();
  await printObject(report, settings.json);
  return report.exit_code;
}

/** Performs the run. While the disk has no room for what it keeps of a run, it starts none, unless it is told to stop. */
function begun(settings: RunSettings, control: RunControl): Promise<PerformedRun> {
  return untilRoom(() => {
    if (control.reason) throw new Error('the run was stopped before it began: the disk is full');
    return performRun(settings, control);
  }, tellFull);
}

function tellFull(error: unknown): void {
  process.stderr.write(`pandacode: the disk is full; goes on when there is room: ${(error as Error).message}\n`);
}

/** The finished or live run of the same dispatch, if there is one: the same task is never paid for twice. */
async function earlierResult(settings: RunSettings): Promise<{ report: Record<string, unknown>; exitCode: number } | undefined> {
  const { reportFile, pidFile, dispatchId } = settings;
  if (!reportFile) return undefined;
  if (dispatchId !== null) {
    const report = readReportFile(reportFile);
    if (report?.dispatch_id === dispatchId) return { report, exitCode: exitCodeOfReport(report) };
    const identity = pidFile ? readIdentity(pidFile) : undefined;
    if (pidFile && identity?.dispatch_id === dispatchId && identityIsAlive(identity))
      return waitForReport({ reportFile, pidFile, dispatchId, timeoutMs: settings.timeoutMs });
  }
  try {
    rmSync(reportFile, { force: true });
  } catch {
    // it cannot be written either, which the report will say
  }
  return undefined;
}

function exitCodeOfReport(report: Record<string, unknown>): number {
  return typeof report['exit_code'] === 'number' ? report['exit_code'] : report['ok'] === true ? 0 : 1;
}

/** Another process works on this dispatch, longer than we may wait. It goes on, and its report file is left to it. */
function stillRunning({ dispatchId, timeoutMs }: RunSettings, pid: number): Record<string, unknown> {
  const error = failure('pandacode_timeout', `the run of this dispatch (pid ${pid}) still works after ${timeoutMs} ms`, {
    next_action: 'Wait again: the run goes on.',
  });
  return { ok: false, state: 'running', action: 'wait', dispatch_id: dispatchId, exit_code: 1, run: { pid }, error };
}

/** The report of a run that was refused before anything was started. */
function refused(settings: RunSettings, error: unknown): Report {
  const isUsageError = isOdwError(error) && error.exitCode === 2;
  return buildReport({
    runtime: settings.runtime,
    action: settings.action,
    session: settings.session === 'latest' ? 'latest' : sessionName(settings.session),
    dispatchId: settings.dispatchId,
    startedMs: settings.startedMs,
    failure: failureOf(error),
    isUsageError,
    warnings: [],
    notes: settings.notes,
    model: settings.model ?? null,
    effort: settings.effort ?? null,
    permission: settings.permission ?? null,
  });
}
