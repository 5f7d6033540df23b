import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { usageError } from '../errors/raise.ts';
import { failureOf, type Failure } from '../errors/failure.ts';
import { EventLog } from '../events/event-log.ts';
import { ProcessFamily } from '../process/family.ts';
import { buildReport, type Report, type ReportParts } from '../report/report.ts';
import { loadSchema, type LoadedSchema } from '../schema/load-schema.ts';
import { ensureStateDirectory, sessionPaths } from '../state/layout.ts';
import { lockSession } from '../state/session-lock.ts';
import { readRecord, saveRecord, type SessionRecord } from '../state/session-record.ts';
import { storePrompt } from '../state/store-prompt.ts';
import { priceRun } from '../usage/price-run.ts';
import { changedFiles, snapshot, type WorkspaceSnapshot } from '../workspace/changed-files.ts';
import type { ChoiceRequest, Effort, TurnContext, TurnRequest } from '../runtimes/runtime.ts';
import { boundedList } from './bounded-list.ts';
import { chosenOption } from './chosen-option.ts';
import { IdentityFiles } from './identity-files.ts';
import { newIdentity } from './run-identity.ts';
import type { RunControl } from './run-control.ts';
import { runTurns, type TurnsResult } from './run-turns.ts';
import { checkResumable, newRecord, resolveSession } from './session-of-run.ts';
import type { RunSettings } from './settings.ts';
import { Watchdog } from './watchdog.ts';

export interface PerformedRun {
  report: Report;
  /** To be called when the report file is written: says `exited` in the pid file and gives the session back. */
  finish(): void;
}

/**
 * Runs one task to its end. Throws only before anything was started (a usage error, an unknown or busy session);
 * every later failure is in the report.
 */
export async function performRun(settings: RunSettings, control: RunControl): Promise<PerformedRun> {
  const { runtime, stateDir, workspace, env } = settings;
  if (!statSync(workspace, { throwIfNoEntry: false })?.isDirectory()) throw usageError(`--cd ${workspace} is not a folder`);
  runtime.check(settings.options, env);
  const schema = settings.schemaFile === undefined ? undefined : await loadSchema(settings.schemaFile);
  const session = resolveSession(settings);
  const earlier = readRecord(stateDir, runtime.name, session);
  if (settings.action !== 'exec') checkResumable(settings, session, earlier);
  if (settings.choice !== undefined) settings.task = chosenOption(earlier?.pending_user_input ?? undefined, settings.choice);
  ensureStateDirectory(stateDir);
  const release = await lockSession(stateDir, runtime.name, session);
  const family = new ProcessFamily(randomUUID());
  const cleanups: (() => void)[] = [release, () => family.close()];
  const finish = () => {
    for (const cleanup of cleanups.reverse()) cleanup();
  };
  try {
    const identity = newIdentity({
      dispatch_id: settings.dispatchId,
      runtime: runtime.name,
      session,
      workspace,
      report_file: settings.reportFile ?? null,
      events_file: settings.eventsFile ?? null,
      started_ms: settings.startedMs,
      mark: family.mark,
    });
    const files = new IdentityFiles(
      [sessionPaths(stateDir, runtime.name, session).identity, ...(settings.pidFile ? [settings.pidFile] : [])],
      identity,
      family,
    );
    cleanups.push(() => files.exited());
    return { report: await supervised(settings, control, family, session, earlier, schema), finish };
  } catch (error) {
    finish();
    throw error;
  }
}

async function supervised(
  settings: RunSettings,
  control: RunControl,
  family: ProcessFamily,
  session: string,
  earlier: SessionRecord | undefined,
  schema: LoadedSchema | undefined,
): Promise<Report> {
  const { runtime, stateDir, workspace, env } = settings;
  const resumes = settings.action !== 'exec';
  const wishes: ChoiceRequest = {
    effort: settings.effort ?? (resumes ? (earlier?.effort as Effort | undefined) : undefined) ?? runtime.defaultEffort,
    workspace,
    options: settings.options,
    env,
    ...(settings.provider === undefined ? {} : { provider: settings.provider }),
    ...(settings.model === undefined ? {} : { model: settings.model }),
    ...(resumes && earlier ? { stored: earlier } : {}),
  };
  const choice = await runtime.choose?.(wishes);
  const record = newRecord(settings, session, earlier, choice);
  const missing = choice ? choice.failure : await runtime.missing?.(wishes);
  if (missing) return refusedRun(settings, record, missing);
  const warnings: string[] = [...(choice?.warnings ?? [])];
  const addWarning = boundedList(warnings);
  const notes = [...settings.notes];
  const reported = new Set<string>();
  const prompt = storePrompt(stateDir, runtime.name, session, settings.dispatchId, settings.task);
  const eventFile = runtime.eventFile(stateDir, sessionPaths(stateDir, runtime.name, session).file, record.run_id!);
  const prefix = resumes ? 'last_' : '';
  Object.assign(record.artifacts, {
    [`${prefix}prompt_file`]: prompt.file,
    [`${prefix}dispatch_prompt_file`]: prompt.file,
    transport: prompt.transport,
    event_log: eventFile,
  });
  saveRecord(stateDir, record);
  const events = new EventLog(record.run_id!, eventFile, settings.eventsFile, (type) => {
    if (!runtime.printsOwnProgress) process.stderr.write(`pandacode-run runtime=${runtime.name} event=${type}\n`);
  });
  events.emit('run.started', { runtime: runtime.name, action: settings.action, session, model: record.model, dispatch_id: settings.dispatchId });
  const watchdog = new Watchdog(
    { overallMs: settings.timeoutMs, idleMs: settings.idleTimeoutMs, firstEventMs: 60_000 },
    settings.startedMs,
    runtime.silentStart,
    (reason) => {
      events.emit('watchdog.fired', { message: reason.message });
      control.stop(reason);
    },
  );
  const context: TurnContext = {
    events,
    watchdog,
    control,
    family,
    threadKnown: (threadId, path) => {
      record.thread_id = threadId;
      if (path !== undefined) record.thread_path = path;
      try {
        saveRecord(stateDir, record);
      } catch {
        // A full disk must not end a turn that is paid for: it is saved again at the end.
      }
    },
    artifact: (name, value) => (record.artifacts[name] = value),
    warn: (text) => {
      addWarning(text);
      events.emit('warning', { text });
    },
    note: (text) => notes.push(text),
    fileChanged: (path) => reported.add(path),
  };
  const request: TurnRequest = {
    prompt: prompt.send,
    workspace,
    stateDir,
    session,
    model: record.model,
    effort: record.effort as Effort,
    permission: record.permission,
    options: settings.options,
    env,
    artifacts: record.artifacts,
    baseline: resumes ? (record.baseline ?? {}) : {},
    runId: record.run_id!,
    action: settings.action,
    schemaRepairs: settings.schemaRepairs,
    deadlineMs: settings.timeoutMs === null ? null : settings.startedMs + settings.timeoutMs,
    ...(record.provider === undefined ? {} : { provider: record.provider }),
    ...(resumes && record.thread_id ? { resumeThread: record.thread_id } : {}),
    ...(schema ? { schema: schema.schema } : {}),
  };
  const before = await snapshot(workspace);
  let result: TurnsResult | undefined;
  let failed: ReportParts['failure'];
  try {
    result = control.reason ? undefined : await runTurns(runtime, request, context, schema, settings.schemaRepairs);
    failed = result ? result.failure : control.reason?.failure;
  } catch (error) {
    failed = control.reason?.failure ?? failureOf(error);
  }
  await afterwards(() => runtime.endRun?.(context), undefined, warnings);
  watchdog.close();
  await family.endLeftovers(1000);
  const files = await afterwards(() => changes(workspace, before, reported), [], warnings);
  const cost = result && (await afterwards(() => priceRun(settings, result, record.provider, warnings), result.cost, warnings));
  if (result?.turn.pendingUserInput) record.pending_user_input = result.turn.pendingUserInput;
  const report = buildReport({
    runtime,
    action: settings.action,
    session,
    dispatchId: settings.dispatchId,
    startedMs: settings.startedMs,
    warnings,
    notes,
    model: record.model,
    effort: record.effort,
    permission: record.permission,
    changedFiles: files,
    record,
    ...result,
    ...(cost ? { cost } : {}),
    ...(failed ? { failure: failed } : {}),
    ...(control.reason?.signal && failed ? { signal: control.reason.signal } : {}),
  });
  record.state = report.state === 'completed' ? 'idle' : report.state;
  record.model = report.model;
  if (result) record.baseline = result.turn.baseline;
  await afterwards(() => saveRecord(stateDir, record), undefined, warnings);
  events.emit('run.finished', {
    ok: report.ok,
    state: report.state,
    last_assistant_message: report.last_agent_message,
    usage: report.usage,
    error: report.error ?? null,
  });
  return report;
}

/** The report of a run that lacks something before it began; the attempt stays visible in the session's record. */
function refusedRun(settings: RunSettings, record: SessionRecord, why: Failure): Report {
  const { runtime, stateDir, action, dispatchId, startedMs, notes } = settings;
  record.state = 'failed';
  saveRecord(stateDir, record);
  const { session, model, effort, permission } = record;
  return buildReport({ runtime, action, session, dispatchId, startedMs, failure: why, warnings: [], notes, model, effort, permission, record });
}

async function changes(workspace: string, before: WorkspaceSnapshot, reported: Set<string>): Promise<string[]> {
  return changedFiles(workspace, before, await snapshot(workspace, before), reported);
}

// What comes after the agent's work must not lose its result: a step that fails becomes a warning.
async function afterwards<T>(step: () => T | Promise<T>, otherwise: T, warnings: string[]): Promise<T> {
  try {
    return await step();
  } catch (error) {
    warnings.push(`after the run: ${(error as Error).message}`);
    return otherwise;
  }
}
