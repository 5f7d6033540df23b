import { CancellationScope, condition } from '@temporalio/workflow';
import { hookState } from '../sandbox/hook-state.ts';

interface Wait {
  predicate: () => boolean;
}

const waits = new Set<Wait>();
let unblocked = false;

/**
 * Resolves once a predicate over workflow state holds. Costs nothing until then; a cancel of the run does not end it.
 * The one way to wait for state: whoever waits with the SDK's `condition` is not seen by {@link quiet}.
 */
export function until(predicate: () => boolean): Promise<void> {
  const wait = { predicate };
  waits.add(wait);
  const holds = () => {
    if (!predicate()) return false;
    waits.delete(wait);
    unblocked = true;
    void Promise.resolve().then(() => (unblocked = false));
    return true;
  };
  return CancellationScope.nonCancellable(() => condition(holds));
}

/**
 * Resolves once a predicate holds and nothing else of the workflow can go on: every promise callback has run, and no {@link until} is due.
 * The SDK looks at conditions again and again until none holds, each time after all callbacks, so this costs no event in history.
 */
export function quiet(predicate: () => boolean): Promise<void> {
  let asked = false;
  return condition(() => {
    // `condition` itself asks first, with callbacks still to run.
    if (!asked) {
      asked = true;
      return false;
    }
    return !hookState.dispatching && !unblocked && predicate() && ![...waits].some((wait) => wait.predicate());
  });
}
