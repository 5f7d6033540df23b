import { CancelledFailure, isCancellation } from '@temporalio/workflow';

/** Begin of the message of {@link PlayMismatch}; hosts know by it that this build cannot go on with the run. */
export const mismatchPrefix = '[ODW-PLAY]';

/** A run did not come to where it stood when what it had taken in was played again: this build's workflow code differs from the one before. */
export class PlayMismatch extends Error {
  override name = 'PlayMismatch';
  constructor(what: string) {
    super(`${mismatchPrefix} nondeterminism: what the run had taken in does not fit this version of the workflow code: ${what}`);
  }
}

/** An error as it is noted: activity failures wrap their cause, and the innermost message is the one that says something. */
export function shownError(error: unknown): { message: string; cancelled: boolean } {
  let current = error as { message?: string; cause?: unknown };
  while (current.cause && typeof current.cause === 'object') current = current.cause;
  return { message: String(current.message ?? current), cancelled: isCancellation(error) };
}

/** The error that the run sees: the same whether it came just now or is played. */
export function errorOf({ message, cancelled }: { message: string; cancelled: boolean }): Error {
  return cancelled ? new CancelledFailure(message) : new Error(message);
}
