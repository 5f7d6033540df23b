import { resolve } from 'node:path';
import { asObject, at, firstText, type JsonObject } from '../../src/executor-report/json-object.ts';
import type { Execution } from '../../src/executor-report/normalise.ts';
import { parseObject, parseStdout } from '../../src/executor-report/parse-stdout.ts';
import { bootedSince, readCode } from '../executor/inspect.ts';
import { stepFiles, type StepFiles } from '../executor/node-files.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import { readTail } from './read-file.ts';
import { stepDir, type Step } from './steps.ts';

// A report holds its text three times over, as JSON: room for an answer of the largest size that is taken at all (64 MiB).
const MAX_OUT = 256 * 1024 * 1024;
const MAX_TAIL = 64 * 1024;
const MAX_ERR = 64 * 1024;

/**
 * Reads what a step left: its own report file when it has one of this dispatch, else its stdout.
 * Undefined when it was lost and nothing it left counts as a result.
 */
export function readExecution(nodeDir: string, step: Step, request: NodeRequest): Execution | undefined {
  const dir = stepDir(nodeDir, step.number);
  const files = stepFiles(dir);
  const file = parseObject(readTail(files.report, MAX_OUT).trim());
  const filed = file && at(file, 'dispatch_id') === step.dispatchId ? file : undefined;
  // Beside a report file, what was printed is the same once more.
  const stdout = readTail(files.out, filed ? MAX_TAIL : MAX_OUT);
  const report = filed ?? parseStdout(stdout);
  const finished = readCode(files.code)?.finished;
  if (!finished) {
    // Without an exit code only the report file counts, or a whole last line that says ok: the supervisor alone was lost.
    const whole = filed !== undefined || (at(report, 'ok') === true && stdout.endsWith('\n'));
    if (!report || !whole) return undefined;
  } else if (!report && bootedSince(dir)) {
    // The machine went down: file contents may be lost although the code file was kept.
    return undefined;
  }
  const told = at(report, 'exit_code');
  return {
    runtime: request.runtime,
    action: step.action,
    session: request.session,
    exitCode: finished?.code ?? (typeof told === 'number' ? told : at(report, 'ok') === true ? 0 : 1),
    signal: finished?.signal,
    stdout,
    stderr: readTail(files.err, MAX_ERR),
    report,
    loggedMessage: report ? loggedMessage(report, step.cwd) : undefined,
    ...(!report && metFullDisk(files, finished?.code) ? { diskFull: true } : {}),
  };
}

// Either its supervisor had to wait for room, or it failed and says why.
function metFullDisk(files: StepFiles, code: number | undefined): boolean {
  if (/^full$/m.test(readTail(files.code, 100))) return true;
  return code !== 0 && /\b(ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/.test(readTail(files.err, MAX_ERR));
}

/**
 * Whether an execution was cut short from outside and is to go on, rather than being a result (EXEC-13): odw marked it before
 * it ended it, or the machine went down.
 */
export function wasInterrupted(nodeDir: string, step: Step, execution: Execution, marked: boolean): boolean {
  if (!marked && !bootedSince(stepDir(nodeDir, step.number))) return false;
  const { report } = execution;
  if (!report) return execution.exitCode !== 0 || execution.stdout.trim() === '';
  return at(report, 'state') === 'stopped' || at(report, 'error', 'category') === 'cancelled' || (at(report, 'ok') !== false && execution.exitCode > 128);
}

/** Whether an executor was killed and could not write its report: memory was short, or somebody wanted it gone at once. It did not fail. */
export function wasKilled({ report, signal }: Execution): boolean {
  return report === undefined && signal === 'SIGKILL';
}

/** Whether somebody, not odw, asked an executor to end, and it did. */
export function wasStopped({ report, signal }: Execution): boolean {
  if (report === undefined) return signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP';
  return at(report, 'state') === 'stopped' || at(report, 'error', 'category') === 'cancelled';
}

// PARSE-04: the newest assistant message of the hook event log.
function loggedMessage(report: JsonObject, cwd: string): string | undefined {
  const log = firstText(at(report, 'record', 'artifacts', 'event_log'), at(report, 'artifacts', 'event_log'));
  if (!log) return undefined;
  const lines = readTail(resolve(cwd, log), 4 * 1024 * 1024).split('\n');
  for (const line of lines.reverse()) {
    if (!line.includes('last_assistant_message')) continue;
    const event = parseObject(line.trim());
    const message = firstText(at(event, 'last_assistant_message'), at(asObject(at(event, 'data')), 'last_assistant_message'));
    if (message) return message;
  }
  return undefined;
}
