import type { ErrorRow } from './row.ts';

/** Errors of the area "cli". */
export const cliErrors = {
  'script-required': { sentence: 'No script was named.', retryable: 'no', next: 'Pass --script and a file, or --resume and the id of a run.' },
  'option-invalid': {
    sentence: 'An option has a value that it cannot have.',
    retryable: 'no',
    next: 'Correct the value; the command with --help lists what is expected.',
  },
  'input-unreadable': {
    sentence: 'The input file cannot be read.',
    retryable: 'no',
    next: 'Check the path given to --input-file; it is relative to the working directory; - is standard input.',
  },
  'input-not-json': {
    sentence: 'The input looks like JSON but is not.',
    retryable: 'no',
    next: 'Correct the JSON. Text that is no JSON may be passed as it is.',
  },
  'init-failed': {
    sentence: 'A file for the project could not be written.',
    retryable: 'person',
    next: 'Repair the permissions or make room, and run odw init again: what is there stays.',
  },
  'price-unknown': {
    sentence: 'Money is limited, and nobody knows what a model costs that the run names.',
    retryable: 'person',
    next: 'Put its price into .odw/rates.json of the project or rates.json in ODW_HOME, name a file with --rates, or pass --allow-unpriced.',
  },
  'rates-invalid': {
    sentence: 'A file of prices cannot be used.',
    retryable: 'person',
    next: 'Correct the file, or move it away; docs/money.md shows what it holds.',
  },
  'skill-unknown': {
    sentence: 'There is no skill of this id, or its file cannot be used.',
    retryable: 'no',
    next: 'Take an id from odw skills list, or put the text into a file in .odw/skills of the project.',
  },
  'rerun-unknown': {
    sentence: 'A node or phase that is to run again is not known.',
    retryable: 'no',
    next: 'Take a label, key or phase of that run. --explain lists the nodes of the script, odw runs show those of the run.',
  },
  'package-incomplete': {
    sentence: 'A file that is shipped with odw is missing.',
    retryable: 'person',
    next: 'Install odw again.',
  },
  'odw-replaced': {
    sentence: 'A part of odw was gone when a running command needed it: odw was upgraded, built anew or removed meanwhile.',
    retryable: 'person',
    next: 'See that odw is installed, then give the command again; open runs go on once they are resumed, and take their executors over.',
  },
} as const satisfies Record<string, ErrorRow>;
