import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ensureEngine, type Engine } from '../engine/index.ts';

export interface WaitOptions {
  client: Client;
  engine: Engine;
  handle: WorkflowHandle;
  /** The worker's life; its failure ends the wait. */
  running: Promise<void>;
  leave?: AbortSignal | undefined;
  onNotice?: ((line: string) => void) | undefined;
}

/**
 * Waits until the run has closed. A server that goes away is waited for, and our own dev server is started again:
 * the run goes on when it is back.
 *
 * @returns false when `leave` was aborted first
 */
export async function waitForClose(options: WaitOptions): Promise<boolean> {
  const left = new Promise<false>((resolve) => {
    if (options.leave?.aborted) resolve(false);
    options.leave?.addEventListener('abort', () => resolve(false), { once: true });
  });
  const broken = options.running.then(() => new Promise<never>(() => {}));
  return Promise.race([left, broken, closeOf(options)]);
}

async function closeOf(options: WaitOptions): Promise<true> {
  let lost = false;
  for (;;) {
    try {
      await options.handle.result();
      return true;
    } catch (error) {
      if (!isServerLoss(error)) return true;
      if (!lost) options.onNotice?.(`lost the Temporal server at ${options.engine.address}; waiting for it to come back`);
      lost = true;
      if (options.engine.managed) await ensureEngine().catch((reason: unknown) => options.onNotice?.((reason as Error).message));
      await sleep(300);
      if (options.leave?.aborted) return true;
    }
  }
}

// The run's own end also arrives as an error (failed, cancelled, terminated); those carry no gRPC status.
function isServerLoss(error: unknown): boolean {
  const known = ['WorkflowFailedError', 'WorkflowNotFoundError', 'WorkflowContinuedAsNewError'];
  return !known.includes((error as { name?: string }).name ?? '');
}
