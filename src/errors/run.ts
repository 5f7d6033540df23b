import type { ErrorRow } from './row.ts';

/** Errors of the area "run". */
export const runErrors = {
  'run-id-invalid': {
    sentence: 'The text given as run id cannot be one.',
    retryable: 'no',
    next: 'Take an id from odw runs list, or leave it out for the latest run.',
  },
  'run-not-found': {
    sentence: 'The run has no readable file where one was expected.',
    retryable: 'no',
    next: 'Check --path and the id with odw runs list. A folder that was deleted comes back with odw runs rebuild.',
  },
  'run-folder-outside': {
    sentence: 'A run file points to a folder outside .odw/runs.',
    retryable: 'no',
    next: 'Remove or repair latest.json, or name the run by its id.',
  },
  'run-file-invalid': {
    sentence: 'A file of the run folder is not what odw writes there.',
    retryable: 'no',
    next: 'Restore the file from a copy, or start a new run.',
  },
  'journal-unreadable': {
    sentence: 'The journal holds lines that this version cannot continue.',
    retryable: 'no',
    next: 'Use a new run id, or move the folder away.',
  },
  'journal-write-failed': {
    sentence: 'A file of the run folder could not be written.',
    retryable: 'after',
    next: 'Free space on the disk or repair the permissions; the run keeps its results and writing goes on by itself.',
  },
  'doctor-failed': {
    sentence: 'Something that every run needs is missing.',
    retryable: 'person',
    next: 'Repair what the report marks as failed and run odw doctor again.',
  },
  'report-failed': { sentence: 'The report could not be made.', retryable: 'no', next: 'Check that the run folder holds events.jsonl, and run odw doctor.' },
  'run-folder-unwritable': {
    sentence: 'The run folder cannot be written.',
    retryable: 'person',
    next: 'Free space on the disk, repair the permissions, or choose another project with --path.',
  },
  'run-hosted-elsewhere': { sentence: 'Another process hosts this run.', retryable: 'after', next: 'Wait for it to end, or stop that process and resume.' },
  'run-foreign': {
    sentence: 'The folder is not one of a run of odw, so it is not removed.',
    retryable: 'no',
    next: 'Look into the folder; remove it yourself when nobody needs it.',
  },
  'run-open': {
    sentence: 'The run has not ended, so it is not removed.',
    retryable: 'person',
    next: 'Remove it with odw runs rm --force, which loses what its agents are doing; or end it first with odw stop.',
  },
  'run-unsaved-work': {
    sentence: "A worktree of the run holds an agent's work that is kept nowhere else, so the run is not removed.",
    retryable: 'person',
    next: 'Take the work from the folder that the message names, or remove that worktree with git worktree remove --force --force.',
  },
  'run-differs': {
    sentence: 'The open run was started with another script, input or option.',
    retryable: 'person',
    next: 'Resume it without these flags, or start a new run.',
  },
  'run-elsewhere': {
    sentence: 'The run is open on another Temporal server.',
    retryable: 'person',
    next: 'Resume it on that server; when that is gone for good, pass --server-lost.',
  },
  'resume-no-backend': { sentence: 'The resumed run does not record its backend.', retryable: 'no', next: 'Pass --backend mock or --backend pandacode.' },
  'resume-no-results': { sentence: 'Nothing is left to resume from.', retryable: 'no', next: 'Start a new run with --script.' },
  'state-corrupt': {
    sentence: 'The state file of the resumed run cannot be parsed.',
    retryable: 'person',
    next: 'Resume with --rebuild-state to write it anew from history, or restore it from a copy.',
  },
  'not-an-odw-run': { sentence: 'The workflow on the server was not started by odw.', retryable: 'no', next: 'Check the id and the namespace.' },
  'bundle-missing': { sentence: 'The installation is incomplete.', retryable: 'no', next: 'Install odw again, or run npm run build in a clone.' },
  'run-not-hosted': { sentence: 'The run is open, but no process goes on with it.', retryable: 'person', next: 'Go on with it: odw exec --resume and its id.' },
  'run-closed': {
    sentence: 'The run has ended; only an open run takes commands.',
    retryable: 'no',
    next: 'Go on from its results in a new run: odw exec --resume and its id.',
  },
  'worker-down': {
    sentence: 'No process takes the commands of the run.',
    retryable: 'after',
    next: 'Host the run again with odw exec --resume, or start a worker with odw worker start, and repeat the command.',
  },
  'run-stopping': { sentence: 'The run is being stopped and takes no other command.', retryable: 'no', next: 'Wait for its end, then resume it.' },
  'command-refused': { sentence: 'The run refused a command.', retryable: 'person', next: 'Read the message; odw status shows how the run stands.' },
  'run-no-history': {
    sentence: 'Neither the server nor the run folder has the history of the run.',
    retryable: 'no',
    next: 'Start the server that ran it, or restore history.json.',
  },
} as const satisfies Record<string, ErrorRow>;
