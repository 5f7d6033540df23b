import type { ErrorRow } from './row.ts';

/** Errors of the area "node". */
export const nodeErrors = {
  'node-left': {
    sentence: 'A host stopped waiting for a node without ending it; the node is open.',
    retryable: 'after',
    next: 'Attach to the run or resume it: the next host takes the executor over.',
  },
} as const satisfies Record<string, ErrorRow>;
