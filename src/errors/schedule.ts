import type { ErrorRow } from './row.ts';

/** Errors of the area "schedule": schedules, and the workers that run what they start. */
export const scheduleErrors = {
  'schedule-invalid': {
    sentence: 'A schedule cannot be as it was asked for.',
    retryable: 'no',
    next: 'Correct the value; odw schedule create --help lists what is expected.',
  },
  'schedule-exists': {
    sentence: 'There is a schedule of this name already.',
    retryable: 'no',
    next: 'Choose another name, or remove it first with odw schedule rm.',
  },
  'schedule-not-found': { sentence: 'There is no schedule of this name.', retryable: 'no', next: 'odw schedule list shows those there are.' },
  'worker-version-differs': {
    sentence: 'A worker of another odw version serves the shared queue.',
    retryable: 'after',
    next: 'Stop the other workers, bring all machines to one version, and start the worker again.',
  },
  'worker-no-project': {
    sentence: 'A worker got a node of a project that its machine does not have.',
    retryable: 'person',
    next: 'Put the project at the same path on this machine, or serve the queue only where it is.',
  },
  'run-needs-worker': {
    sentence: 'The open run belongs to the shared queue, which workers serve.',
    retryable: 'person',
    next: 'Start a worker: odw worker start.',
  },
} as const satisfies Record<string, ErrorRow>;
