import * as z from 'zod';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Any JSON value. */
export const json: z.ZodType<Json> = z.json();
