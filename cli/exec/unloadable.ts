import { JournalWriter } from '../../activities/journal/writer.ts';
import { buildRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import type { CompiledScript } from '../../schemas/script.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { sha256 } from '../../src/keys/sha256.ts';
import { eventsPath } from './exec.ts';
import type { ExecFlags } from './flags.ts';
import { createRunFolder } from './folder.ts';
import type { ExecOutput } from './output.ts';
import { runInputOf, type RunPlan } from './plan.ts';
import { writeReport } from '../write-report.ts';

/**
 * A script that cannot be loaded fails the run like a throw (SCR-05): its folder with the journal stays, no server is
 * started, nothing is dispatched.
 *
 * @returns the exit code; rethrows what is not the script's fault
 */
export async function recordUnloadable(plan: RunPlan, output: ExecOutput, error: unknown, flags: ExecFlags): Promise<number> {
  if (!isOdwError(error)) throw error;
  const script: CompiledScript = {
    path: plan.scriptPath,
    source: plan.source,
    sha256: sha256(plan.source),
    form: 'top-level',
    meta: { name: plan.scriptPath.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, ''), phases: [] },
    metaIsLiteral: false,
    body: '',
    inserts: {},
  };
  const input = runInputOf(plan, script, null);
  createRunFolder(plan);
  output.header(plan, eventsPath(plan));
  const now = Date.now();
  const journal = JournalWriter.open(input, { onLine: output.event });
  journal.append({ seq: 1, ts_ms: now, event: { type: 'workflow_error', ts: new Date(now).toISOString(), message: error.message }, stream: 'stdout' });
  const closing = { status: 'failed' as const, code: 1, closedMs: now, error: { category: 'workflow_error', message: error.message } };
  await journal.finish({ status: 'failed', code: 1, ts_ms: now });
  const place = { workflowId: plan.runId, temporalRunId: null, namespace: null, address: null, ui: null };
  writeRunFile({ ...buildRunFile(input, place), status: 'failed', state: 'failed', finished_ms: now, error: closing.error });
  const report = flags.report ? await writeReport(plan.runDir) : undefined;
  output.end(plan, closing, undefined, report);
  output.failureLine(plan);
  return 1;
}
