import type { ErrorRow } from './row.ts';

/** Errors of the area "executor". */
export const executorErrors = {} as const satisfies Record<string, ErrorRow>;
