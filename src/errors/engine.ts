import type { ErrorRow } from './row.ts';

/** Errors of the area "engine": the Temporal server odw runs on, the connection to it, and the blob store beside it. */
export const engineErrors = {
  'engine-config': {
    sentence: 'The Temporal configuration (TEMPORAL_* variables or a profile file) cannot be used.',
    retryable: 'person',
    next: 'Correct the variable or the profile the message names, or unset it to use the server odw starts by itself.',
  },
  'engine-unreachable': {
    sentence: 'No Temporal server answered at the address.',
    retryable: 'after',
    next: 'Check the address and the network; for the server odw manages, look at `odw server status` and `odw server logs`.',
  },
  'engine-no-binary': {
    sentence: 'There is no Temporal server program, and it could neither be downloaded nor built.',
    retryable: 'person',
    next: 'Install Go or the Temporal CLI, point ODW_TEMPORAL_BIN at one, or set TEMPORAL_ADDRESS to a running cluster.',
  },
  'engine-binary-unusable': {
    sentence: 'The Temporal program that was named cannot serve as the engine.',
    retryable: 'person',
    next: 'Point ODW_TEMPORAL_BIN at a Temporal CLI of the 1.8 line or later, or unset it.',
  },
  'engine-build-failed': {
    sentence: 'Building the Temporal server from source failed.',
    retryable: 'after',
    next: 'Read the compiler output in the message; check disk space, network and the Go version, then try again.',
  },
  'engine-start-failed': {
    sentence: 'The Temporal server ended or stayed silent while it was starting.',
    retryable: 'after',
    next: 'Read the log lines in the message; `odw server logs` shows more.',
  },
  'engine-disk-full': {
    sentence: 'The disk that holds the engine is full.',
    retryable: 'person',
    next: 'Free space on the disk of ODW_HOME, or set ODW_HOME to a folder on another disk.',
  },
  'engine-home-unusable': {
    sentence: 'The state folder ODW_HOME cannot be written.',
    retryable: 'person',
    next: 'Make the folder writable, or set ODW_HOME to one that is.',
  },
  'engine-database-version': {
    sentence: 'The engine database was made by another version of the Temporal server.',
    retryable: 'person',
    next: 'Use the version that made it through ODW_TEMPORAL_BIN, or move the server folder away to begin a new database.',
  },
  'engine-other-host': {
    sentence: 'The engine of this ODW_HOME was started on another host, which may still use its database.',
    retryable: 'person',
    next: 'Stop it on that host; if that host is gone for good, run `odw server start --take-over`.',
  },
  'engine-stuck': {
    sentence: 'The Temporal server process lives but does not answer.',
    retryable: 'after',
    next: 'Run `odw server stop`, then try again; runs are kept.',
  },
  'engine-not-managed': {
    sentence: 'The command is about the server odw manages, but an external cluster is configured.',
    retryable: 'person',
    next: 'Unset TEMPORAL_ADDRESS or the profile to work with the managed server.',
  },
  'blob-missing': {
    sentence: 'A large value that history refers to is not in the blob store.',
    retryable: 'person',
    next: 'Bring back the blobs folder of ODW_HOME (from a backup or the machine that ran this), then resume.',
  },
  'blob-damaged': {
    sentence: 'A large value in the blob store does not match its SHA-256.',
    retryable: 'person',
    next: 'Restore the file from a backup; its content was changed or cut after it was written.',
  },
  'payload-too-large': {
    sentence: 'One value is larger than the configured maximum.',
    retryable: 'no',
    next: 'Pass a path instead of the content, or raise ODW_MAX_PAYLOAD (bytes).',
  },
} as const satisfies Record<string, ErrorRow>;
