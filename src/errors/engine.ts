import type { ErrorRow } from './row.ts';

/** Errors of the area "engine". */
export const engineErrors = {} as const satisfies Record<string, ErrorRow>;
