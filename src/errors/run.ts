import type { ErrorRow } from './row.ts';

/** Errors of the area "run". */
export const runErrors = {} as const satisfies Record<string, ErrorRow>;
