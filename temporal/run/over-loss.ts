import { setTimeout as sleep } from 'node:timers/promises';

const tries = 20;

/**
 * Does a call to the server again as long as the server is away. The call must bear being made twice.
 *
 * @param onLost called at each loss, to bring the server back
 */
export async function overLoss<T>(call: () => Promise<T>, onLost: () => void): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await call();
    } catch (error) {
      if (round === tries || !isServerAway(error)) throw error;
      onLost();
      await sleep(300);
    }
  }
}

/** Whether an error says that the server did not answer: gRPC UNAVAILABLE or DEADLINE_EXCEEDED from a client, or the words of the worker's core. */
export function isServerAway(error: unknown): boolean {
  for (let one = error as { code?: unknown; message?: string; cause?: unknown } | undefined; one; one = one.cause as typeof one) {
    if ([4, 14].includes(Number(one.code))) return true;
    if (/transport error|tcp connect error|connection refused|connection reset|error trying to connect/i.test(one.message ?? '')) return true;
  }
  return false;
}
