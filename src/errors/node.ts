import type { ErrorRow } from './row.ts';

/** Errors of the area "node". */
export const nodeErrors = {} as const satisfies Record<string, ErrorRow>;
