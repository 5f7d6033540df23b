import type { NodeRequest } from '../../schemas/node.ts';
import { EXECUTOR_FEATURES, type Executor } from '../executor/resolve-executor.ts';

/** What one executor call needs beyond the request. */
export interface CallFiles {
  cwd: string;
  taskFile: string;
  report: string;
  executorPid: string;
  events: string;
  /** Only for nodes with a schema. */
  schema?: string | undefined;
  dispatchId: string;
  /** What is left of the node's limit, in milliseconds; null = no limit. */
  remainingMs: number | null;
}

/** Arguments of `<runtime> exec` or `<runtime> resume` (EXEC-05, EXEC-18), without the program itself. */
export function taskArgv(action: 'exec' | 'resume', request: NodeRequest, executor: Pick<Executor, 'codexctlBin' | 'features'>, files: CallFiles): string[] {
  const { runtime } = request;
  const argv = [runtime, action];
  if (runtime === 'bamboo' && request.provider) argv.push('--provider', request.provider);
  argv.push('--cd', files.cwd, '--session', request.session, '--task-file', files.taskFile, '--json');
  if (request.model) argv.push('--model', request.model);
  if (request.effort) argv.push('--effort', request.effort);
  argv.push(...limit(files.remainingMs));
  if (runtime === 'codex') argv.push('--codexctl-bin', executor.codexctlBin ?? 'codexctl', '--permission', request.permission ?? 'max');
  else if (request.permission === 'limited') argv.push('--permission', 'limited');
  if (request.gateway) argv.push('--gateway', request.gateway);
  if (request.acpAgent) argv.push('--agent', request.acpAgent);
  const values: Record<(typeof EXECUTOR_FEATURES)[number], string[] | undefined> = {
    '--report-file': [files.report],
    '--pid-file': [files.executorPid],
    '--dispatch-id': [files.dispatchId],
    '--detach-safe': [],
    '--events-file': [files.events],
    '--schema-file': files.schema === undefined ? undefined : [files.schema],
    '--max-steps': request.maxTurns === undefined ? undefined : [String(request.maxTurns)],
  };
  for (const flag of EXECUTOR_FEATURES) {
    const value = values[flag];
    if (value && executor.features.has(flag)) argv.push(flag, ...value);
  }
  return argv;
}

/** Arguments of `<runtime> answer` (EXEC-14). */
export function answerArgv(request: NodeRequest, executor: Pick<Executor, 'codexctlBin'>, cwd: string, text: string, remainingMs: number | null): string[] {
  const argv = [request.runtime, 'answer', '--cd', cwd, '--session', request.session, '--text', text, '--wait', '--json', ...limit(remainingMs)];
  if (request.runtime === 'codex') argv.push('--codexctl-bin', executor.codexctlBin ?? 'codexctl');
  return argv;
}

function limit(remainingMs: number | null): string[] {
  return remainingMs === null ? [] : ['--timeout-ms', String(Math.max(1, Math.floor(remainingMs)))];
}
