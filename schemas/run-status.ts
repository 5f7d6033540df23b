/** Values of `status` in run.json (FILE-01). Apart from the schema, so that the command line can name them without loading zod. */
export const runStatuses = ['running', 'completed', 'failed', 'paused', 'interrupted', 'cancelled'] as const;

/** Values of `state` in run.json: how a run stands, finer than its status (features.md section 2.1). */
export const fineStates = [
  ...(['running', 'pausing', 'paused', 'parked', 'stopping', 'stopped'] as const),
  ...(['stalled', 'interrupted', 'completed', 'completed-with-failures', 'failed'] as const),
] as const;
