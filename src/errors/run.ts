import type { ErrorRow } from './row.ts';

/** Errors of the area "run". */
export const runErrors = {
  'run-id-invalid': { sentence: 'The text given as run id cannot be one.', retryable: 'no', next: 'Take an id from odw runs list, or leave it out for the latest run.' },
  'run-not-found': { sentence: 'The run has no readable file where one was expected.', retryable: 'no', next: 'Check --path and the id with odw runs list.' },
  'run-folder-outside': { sentence: 'A run file points to a folder outside .odw/runs.', retryable: 'no', next: 'Remove or repair latest.json, or name the run by its id.' },
  'run-file-invalid': { sentence: 'A file of the run folder is not what odw writes there.', retryable: 'no', next: 'Rebuild the file from history with odw exec --resume ID --rebuild-state, or remove it.' },
  'journal-unreadable': { sentence: 'The journal holds lines that this version cannot continue.', retryable: 'no', next: 'Use a new run id, or move the folder away.' },
  'journal-write-failed': { sentence: 'A file of the run folder could not be written.', retryable: 'after', next: 'Free space on the disk or repair the permissions; the run keeps its results and writing goes on by itself.' },
  'report-failed': { sentence: 'The report could not be made.', retryable: 'no', next: 'Check that the run folder holds events.jsonl, and run odw doctor.' },
} as const satisfies Record<string, ErrorRow>;
