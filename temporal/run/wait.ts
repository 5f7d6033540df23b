import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { isNotFound } from './not-found.ts';

export interface WaitOptions {
  handle: WorkflowHandle;
  /** The worker's life; its failure ends the wait. */
  running: Promise<void>;
  leave?: AbortSignal | undefined;
  /** Whether the server that answers can be ours. When not, it knows nothing of the run. */
  isOurs: () => boolean;
  /** Called when the server does not answer. */
  onLost: (error: unknown) => void;
}

/**
 * Waits until the run has closed, over any loss of the server.
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

async function closeOf({ handle, leave, isOurs, onLost }: WaitOptions): Promise<true> {
  for (;;) {
    try {
      await handle.result();
      return true;
    } catch (error) {
      if (leave?.aborted || (isNotFound(error) ? isOurs() : !isServerLoss(error))) return true;
      onLost(error);
      await sleep(300);
    }
  }
}

// The run's own end also arrives as an error (failed, cancelled, terminated).
function isServerLoss(error: unknown): boolean {
  const ends = ['WorkflowFailedError', 'WorkflowContinuedAsNewError'];
  return !ends.includes((error as { name?: string }).name ?? '');
}
