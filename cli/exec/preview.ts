import { existsSync } from 'node:fs';
import { eventsPath, exec } from './exec.ts';
import { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';

/**
 * Makes a mock run of a script, marked as preview, whatever its outcome (CLI-18).
 *
 * @throws Error when the run could not even be started
 */
export async function previewRun(options: { path: string; script: string; input?: string }): Promise<{ runDir: string; runId: string }> {
  let plan: RunPlan | undefined;
  let printed = '';
  const print = (text: string) => void (printed += text);
  const flags = {
    path: options.path,
    script: options.script,
    ...(options.input === undefined ? {} : { input: options.input }),
    backend: 'mock' as const,
    autoAnswer: true,
    report: false,
    preview: true,
  };
  await exec(flags, { output: new ExecOutput({}, print, print), onPlan: (made) => (plan = made) });
  if (!plan || !existsSync(eventsPath(plan))) throw new Error(`mock run produced no run_id: ${printed.trim()}`);
  return { runDir: plan.runDir, runId: plan.runId };
}
