import type { ErrorRow } from './row.ts';

/** Errors of the area "executor". */
export const executorErrors = {
  'executor-usage': {
    sentence: 'The command line of the executor is wrong; nothing was started.',
    retryable: 'no',
    next: 'Correct the arguments; the command with --help lists them.',
  },
  'executor-invalid-request': {
    sentence: 'The executor cannot do what was asked: the session, model or input does not fit.',
    retryable: 'no',
    next: 'Correct the request; `pandacode list` shows the sessions of a workspace.',
  },
  'executor-not-installed': {
    sentence: 'The program or runtime that should do the task is not there.',
    retryable: 'no',
    next: 'Install it, or name its path; `pandacode doctor` shows what is missing.',
  },
  'executor-session-busy': {
    sentence: 'The session already has a live run.',
    retryable: 'after',
    next: 'Wait for that run, stop it, or use another session name.',
  },
  'executor-internal': {
    sentence: 'The executor failed in a way that is its own fault or cannot be explained.',
    retryable: 'no',
    next: 'Look into the logs named in the report.',
  },
} as const satisfies Record<string, ErrorRow>;
