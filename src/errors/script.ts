import type { ErrorRow } from './row.ts';

/** Errors of the area "script". */
export const scriptErrors = {} as const satisfies Record<string, ErrorRow>;
