import type { WorkflowInterceptors } from '@temporalio/workflow';
import { resetGuard } from './guard.ts';
import { hookState } from './hook-state.ts';

/** Marks the time inside an activation and gives each activation a fresh loop budget. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        hookState.inside = true;
        hookState.dispatching = true;
        resetGuard();
        try {
          return next(input);
        } finally {
          hookState.dispatching = false;
        }
      },
      concludeActivation(input, next) {
        const output = next(input);
        hookState.inside = false;
        return output;
      },
    },
  ],
});
