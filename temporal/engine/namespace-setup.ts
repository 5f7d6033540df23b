import type { NativeConnection } from '@temporalio/worker';
import { planSearchAttributes } from './search-attributes.ts';

/** Counts up when this file sets up something new, so that older databases are visited once more. */
export const setupVersion = 1;

/** The server cuts longer times to this one. */
const maximumRetentionDays = 36_500;

export interface SetupOutcome {
  /** Whether every attribute is there with its type. */
  searchAttributes: boolean;
  /** What could not be done, in one sentence; null when all is well. */
  warning: string | null;
}

export interface SetupOptions {
  /** Raise the retention of closed runs to the maximum. Only for the managed server: elsewhere it is the operator's decision. */
  retention: boolean;
  /** Milliseconds for each request. */
  timeoutMs?: number;
}

/** Prepares a namespace for odw: retention and search attributes. Idempotent; shortcomings are an outcome, never an exception. */
export async function setUpNamespace(connection: NativeConnection, namespace: string, options: SetupOptions): Promise<SetupOutcome> {
  const call = <T>(request: () => Promise<T>) => connection.withDeadline(Date.now() + (options.timeoutMs ?? 10_000), request);
  const warnings: string[] = [];
  if (options.retention) {
    const workflowExecutionRetentionTtl = { seconds: maximumRetentionDays * 86_400 } as never;
    await call(() => connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } })).catch((error: unknown) =>
      warnings.push(`the retention of closed runs could not be raised (${reason(error)})`),
    );
  }
  const searchAttributes = await addSearchAttributes(connection, namespace, call).catch((error: unknown) => reason(error));
  if (searchAttributes !== true) warnings.push(`search attributes are not available in namespace ${namespace} (${searchAttributes})`);
  return { searchAttributes: searchAttributes === true, warning: warnings.length > 0 ? warnings.join('; ') : null };
}

async function addSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  call: <T>(request: () => Promise<T>) => Promise<T>,
): Promise<true | string> {
  const list = async () => planSearchAttributes((await call(() => connection.operatorService.listSearchAttributes({ namespace }))).customAttributes ?? {});
  let plan = await list();
  if (plan.conflicting.length > 0) return `${plan.conflicting.join(', ')} exist with another type`;
  if (Object.keys(plan.missing).length === 0) return true;
  await call(() => connection.operatorService.addSearchAttributes({ namespace, searchAttributes: plan.missing }));
  plan = await list();
  const missing = Object.keys(plan.missing);
  return missing.length === 0 || `${missing.join(', ')} were added but are not listed yet`;
}

function reason(error: unknown): string {
  const { details, message } = error as { details?: string; message?: string };
  return (details || message || String(error)).split('\n')[0] ?? '';
}
