import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startWorkflowThread } from '../../temporal/worker/thread.ts';
import { asReplaced } from '../../system/replaced.ts';
import { isOdwError, OdwError } from '../../src/errors/error.ts';
import { nextStep, printError } from '../print-error.ts';
import type { ExecFlags } from './flags.ts';
import { ExecOutput } from './output.ts';
import { compilePlan, planRun, type RunPlan } from './plan.ts';

export interface ExecHooks {
  /** Prints in place of the process's own streams. */
  output?: ExecOutput;
  /** Called once the run is planned, before anything is started. */
  onPlan?: (plan: RunPlan) => void;
}

/** `odw exec` from flags to exit code. Never throws: every failure is printed the way the flags ask for. */
export async function exec(flags: ExecFlags, hooks: ExecHooks = {}): Promise<number> {
  const output = hooks.output ?? new ExecOutput(flags);
  // Loading the SDK takes longer than anything else before the run; begin while the script is read.
  if (!flags.dryRun && !flags.explain) startWorkflowThread();
  const sdk = import('./session.ts');
  sdk.catch(() => {});
  let plan: RunPlan | undefined;
  try {
    if (flags.nodeBin !== undefined) output.notice('--node-bin is accepted for compatibility and ignored');
    refuseWithoutResume(flags);
    plan = planRun(flags, process.env);
    if (flags.timeout !== undefined && plan.options.timeoutMs === null && !/^\s*(none|unlimited|0|)\s*$/i.test(flags.timeout))
      output.notice(`--timeout ${flags.timeout} is no number of seconds above 0: nodes have no time limit`);
    if (plan.recorded && flags.script === undefined && !existsSync(plan.scriptPath))
      output.notice(`the script ${plan.scriptPath} is gone: the copy is used that the run kept of it; --script names another file`);
    hooks.onPlan?.(plan);
    if (flags.dryRun) return (await import('./dry-run.ts')).dryRun(plan, output);
    const input = await compilePlan(plan, null).catch(async (error: unknown) => {
      if (flags.explain) throw error;
      const { recordUnloadable } = await import('./unloadable.ts');
      return recordUnloadable(plan as RunPlan, output, error, flags);
    });
    if (typeof input === 'number') return input;
    if (flags.explain) return await (await import('./explain.ts')).explainResume(plan, input, flags, output);
    const refuseErrors = flags.lint !== false && plan.options.backend !== 'mock' && plan.recorded?.scriptSha256 !== input.script.sha256;
    if (refuseErrors || (!output.quiet && !plan.recorded && (plan.options.dialect ?? input.script.meta.dialect) === undefined)) {
      await (await import('./lint-first.ts')).lintFirst(plan, input.script, refuseErrors, output);
    }
    if (plan.options.backend !== 'mock') await (await import('./prices-first.ts')).pricesFirst(plan, input.script, output);
    const { runSession } = await sdk;
    return await runSession(plan, input, flags, output);
  } catch (cause) {
    const error = asReplaced(cause);
    const category = isOdwError(error) ? error.slug : 'internal';
    let code = isOdwError(error) ? error.exitCode : 1;
    const message = error instanceof Error ? error.message : String(error);
    const next = nextStep(error);
    output.failure(null, { category, message, ...(next === undefined ? {} : { next }) }, () => (code = printError(error)));
    return code;
  }
}

function refuseWithoutResume({ resume, rerun, fromPhase, explain }: ExecFlags): void {
  const flag = explain ? '--explain' : rerun?.length ? '--rerun' : fromPhase === undefined ? undefined : '--from-phase';
  if (flag && resume === undefined)
    throw new OdwError('option-invalid', `${flag} goes with --resume ID: it is about the nodes of an earlier run`, { exitCode: 2 });
}

/** Paths of a run's files that several parts print or write. */
export function eventsPath(plan: Pick<RunPlan, 'runDir'>): string {
  return join(plan.runDir, 'events.jsonl');
}
