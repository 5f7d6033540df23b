import type { ErrorRow } from './row.ts';

/** Errors of the area "cli". */
export const cliErrors = {} as const satisfies Record<string, ErrorRow>;
