/** Values of `status` in run.json (FILE-01). Apart from the schema, so that the command line can name them without loading zod. */
export const runStatuses = ['running', 'completed', 'failed', 'paused', 'interrupted', 'cancelled'] as const;
