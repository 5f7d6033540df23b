/**
 * Turns that a script may make in one activation before it counts as an endless loop. One turn costs about a
 * nanosecond, an awaited one some microseconds (weight 50), so either kind of loop ends within about a second,
 * long before the engine's own limit of 30 s, which could end the host process (docs/sandbox.md).
 */
const turnsPerActivation = 1e7;

// What is left after the limit, so that the script's own `finally` and `catch` can run; a loop that swallows the error gets it no more than this often.
const cleanUpTurns = 1e6;
const cleanUps = 3;

let turns = 0;
let limit = turnsPerActivation;

/** The loop guard that the transpiler puts at the head of every loop and function body. Counts turns, so replay gives the same answer. */
export function guardTurn(weight: number): void {
  turns += weight;
  if (turns > limit) {
    if (limit < turnsPerActivation + cleanUps * cleanUpTurns) limit += cleanUpTurns;
    throw new RangeError('workflow script ran too long without waiting for anything: endless loop or recursion');
  }
}

/** Counts work that cannot be refused where it is done; the next guarded turn of the script fails when it was too much. */
export function countTurns(weight: number): void {
  turns += weight;
}

/** Called at the start of each activation. */
export function resetGuard(): void {
  turns = 0;
  limit = turnsPerActivation;
}
