import { writeFileAtomic } from '../../../system/files.ts';
import { git } from '../../process/git.ts';
import { masked } from '../../report/mask.ts';
import { withoutThoughts } from './model/think-text.ts';
import { withSource } from '../../usage/price-file.ts';
import type { TurnContext, TurnRequest, TurnResult } from '../runtime.ts';
import type { LoopEnd, LoopRecord, LoopSetup } from './loop/loop-state.ts';
import type { BambooOptions } from './options.ts';
import type { Generation } from './providers/generation.ts';
import type { Endpoint } from './providers/resolve.ts';
import { forgetConversation, writeResumeContext, type runFiles } from './run-files.ts';

export interface FinishedLoop {
  request: TurnRequest;
  context: TurnContext;
  setup: LoopSetup;
  record: LoopRecord;
  end: LoopEnd;
  files: ReturnType<typeof runFiles>;
  endpoint: Endpoint;
  options: BambooOptions;
  generation: Generation;
  stable: string;
  startedMs: number;
  priceFile: { path: string; text: string };
}

const diffLimit = 60_000;

/** Ends what still runs, writes the run's files, and makes the result of the turn. */
export async function finishRun(run: FinishedLoop): Promise<TurnResult> {
  const { request, context, setup, record, end, files, endpoint, startedMs } = run;
  const { meter } = setup;
  const left = await context.family.endLeftovers(1000);
  for (const line of left) context.warn(line);
  if (left.length > 0) context.events.emit('background.stopped_all', { count: left.length });
  if (end.failure?.category === 'pandacode_timeout') context.events.emit('run.timeout_exceeded', { message: end.failure.message });
  const audit = await finalAudit(request.workspace);
  context.events.emit('final_audit.finished', { status_lines: audit.status.split('\n').filter(Boolean).length });
  const usage = meter.total(context.control.reason !== undefined);
  const cost = withSource(meter.totalCost(), run.priceFile);
  const model = record.model ?? (usage ? endpoint.model : null);
  context.artifact('requested_model', endpoint.model);
  context.artifact('answered_model', model ?? endpoint.model);
  const summary = {
    run_id: request.runId,
    provider: endpoint.name,
    model: model ?? endpoint.model,
    verification: record.verification,
    cache: {
      hit_tokens: meter.hit,
      miss_tokens: meter.miss,
      hit_rate: meter.hit + meter.miss > 0 ? Math.round((meter.hit / (meter.hit + meter.miss)) * 1e4) / 1e4 : null,
    },
    estimated_cost: cost.amount === null ? null : { ...cost, price_file: run.priceFile.path },
    budget: setup.budget,
    context_compaction: { threshold_tokens: setup.thresholdTokens, compactions: record.compactions },
    duration_ms: Date.now() - startedMs,
  };
  const text = withoutThoughts(end.text);
  // The answer is paid for: it is not lost with a file that cannot be written.
  const kept = (what: string, write: () => void) => {
    try {
      write();
    } catch (error) {
      context.warn(`${what} could not be written: ${(error as Error).message}`);
    }
  };
  kept('the report in the folder of the run', () => writeReport(run, { ...summary, usage, text, audit, error: end.failure ?? null }));
  const state = end.failure ? `${end.failure.category}: ${end.failure.message}` : 'success';
  const memory = [...setup.conversation.messages].reverse().find((one) => one.role === 'user' && one.kind === 'summary');
  kept('what a later run goes on from', () =>
    writeResumeContext(files, {
      memory: [memory?.role === 'user' ? memory.text : '', text].filter(Boolean).join('\n\n'),
      state,
      changedFiles: audit.status.split('\n').filter(Boolean),
      verification: record.verification,
      usage,
    }),
  );
  if (!request.options.persist) forgetConversation(files);
  return {
    ...(end.failure ? { failure: end.failure } : {}),
    ...(end.pending ? { pendingUserInput: end.pending } : {}),
    threadId: request.runId,
    finalText: text,
    ...(end.structured ? { structured: end.structured } : {}),
    usage,
    rawUsage: meter.raw(),
    cost,
    model: model ?? endpoint.model,
    baseline: {},
    stderrTail: '',
    summary,
    extra: {},
  };
}

function writeReport(run: FinishedLoop, parts: Record<string, unknown>): void {
  const { request, record, files, endpoint, generation, stable, options } = run;
  const { thinking, effort, maxTokens, sampling } = generation;
  const report = {
    ...parts,
    session: request.session,
    workspace: request.workspace,
    model_settings: {
      provider: endpoint.name,
      model: endpoint.model,
      base_url: endpoint.baseUrl,
      thinking,
      effort,
      max_tokens: maxTokens,
      sampling,
      params: Object.keys(options.params),
    },
    stable_context: { characters: stable.length },
    steps: record.steps,
    final_audit: parts['audit'],
    cache_diagnostics: parts['cache'],
    audit: undefined,
  };
  writeFileAtomic(files.report, `${masked(JSON.stringify(report, null, 2))}\n`, { mode: 0o600 });
}

async function finalAudit(workspace: string): Promise<{ status: string; diff: string; diff_truncated: boolean }> {
  const status = (await git(workspace, ['status', '--porcelain'])) ?? '';
  const isChanged = status.split('\n').some((line) => line !== '' && !line.startsWith('??'));
  const diff = isChanged ? ((await git(workspace, ['diff', '--no-color', '--no-ext-diff', '--no-textconv'])) ?? '') : '';
  return { status: status.slice(0, diffLimit), diff: diff.slice(0, diffLimit), diff_truncated: diff.length > diffLimit };
}
