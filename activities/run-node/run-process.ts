import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import type { JsonObject } from '../../src/executor-report/json-object.ts';
import { reportModel } from '../../src/executor-report/model.ts';
import { normaliseReport, succeeded, type Execution } from '../../src/executor-report/normalise.ts';
import { slimReport } from '../../src/executor-report/slim.ts';
import { composePrompt } from '../../src/schema/compose-prompt.ts';
import type { NodeFiles } from '../executor/node-files.ts';
import { compiledSchema } from './compiled-schema.ts';
import { openDispatch } from './dispatch-files.ts';
import { diskFullFailure, notInstalledFailure } from './executor-failures.ts';
import { DEFAULT_TIMINGS, type NodeHost } from './host.ts';
import { judge } from './judge.ts';
import { runExecutor, type ExecutorEnd } from './run-executor.ts';
import { debugPoint } from '../../system/debug-point.ts';

/**
 * Runs a node on its executor and reads what came of it.
 *
 * @returns the outcome as a function of whether the worktree was changed, which is known only after the capture
 * @throws `node-left`, see {@link runExecutor}
 */
export async function runProcess(request: NodeRequest, host: NodeHost, files: NodeFiles, cwd: string): Promise<(changed: boolean) => NodeOutcome> {
  const { schema } = request;
  const prompt = composePrompt({
    prompt: request.prompt,
    skills: request.skills,
    ...(schema ? { schema: schema.json, schemaName: schema.name, purpose: schema.purpose } : {}),
    retry: request.retry,
    attempt: request.attempt,
    maxAttempts: request.maxAttempts,
  });
  const compiled = await compiledSchema(request);
  const timings = { ...DEFAULT_TIMINGS, ...host.timings };
  const dispatch = openDispatch(request, files, prompt);
  debugPoint('after-dispatch-file');
  const end = await runExecutor({ request, host, timings, files, dispatch, prompt, cwd });
  return (changed) => outcome(end, changed, compiled);
}

function outcome(end: ExecutorEnd, changed: boolean, schema: Parameters<typeof judge>[0]['schema']): NodeOutcome {
  const { execution, taken, events } = end;
  const log = end.rounds.warnings.map((message) => ({ type: 'log', message: `warning: ${message}` }));
  const failure = end.failure ?? (execution?.diskFull ? diskFullFailure() : unstartable(execution));
  const base = { ...end.rounds.used(end.started && !(execution && unstartable(execution))), taken, events: [...events, ...log] };
  if (!execution) return { ...base, status: 'failed', value: null, isText: false, ...(failure ? { failure } : {}) };
  const report = normaliseReport(execution);
  const ok = succeeded(execution);
  const verdict = judge({ ok, report, raw: rawFor(execution, report), plainText: execution.report ? undefined : execution.stdout, changed, schema });
  const model = reportModel(execution.report);
  return {
    ...base,
    ...verdict,
    ...(failure ? { status: 'failed' as const, isText: false, failure } : {}),
    report: slimReport(report, ok && !failure),
    ...(model === undefined ? {} : { model }),
  };
}

// A schema's value may stand anywhere in the report as the executor wrote it (SCH-06), or in the text of one that wrote none.
function rawFor(execution: Execution, report: JsonObject): JsonObject {
  if (!execution.report) return { ...report, stdout: execution.stdout };
  if (!execution.loggedMessage) return execution.report;
  return { ...execution.report, last_agent_message: execution.loggedMessage };
}

// What a shell says when the program, or the interpreter that its first line names, is not there.
function unstartable(execution: Execution | undefined) {
  if (!execution || execution.report || ![126, 127].includes(execution.exitCode) || execution.stdout.trim() !== '') return undefined;
  return notInstalledFailure(`the executor could not be started: ${execution.stderr.trim().slice(-500)}`);
}
