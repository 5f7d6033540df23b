import type { ErrorRow } from './row.ts';

/** Errors of the area "script": found while a workflow script is read, before anything is dispatched. */
export const scriptErrors = {
  'script-syntax': {
    sentence: 'The workflow script is not valid JavaScript, nor TypeScript with types alone.',
    retryable: 'no',
    next: 'Correct the script at the line shown.',
  },
  'script-typescript': {
    sentence: 'The workflow script uses TypeScript syntax that cannot be removed without changing what the code does.',
    retryable: 'no',
    next: 'Replace the construct: an object for an enum, plain functions for a namespace, a field for a parameter property.',
  },
  'script-nothing-callable': {
    sentence: 'The workflow script has nothing that can be called or run.',
    retryable: 'no',
    next: 'Export a default function, or write the workflow as top-level code.',
  },
  'script-disallowed': {
    sentence: 'The workflow script uses a construct that reaches outside the workflow.',
    retryable: 'no',
    next: 'Let a node do it: call agent(), and pass what it needs in the prompt or as input.',
  },
  'script-reserved-name': {
    sentence: 'The workflow script mentions a name that the engine keeps for itself.',
    retryable: 'no',
    next: 'Use a name with another beginning.',
  },
  'script-builtin-write': {
    sentence: 'The workflow script changes a built-in object of the language.',
    retryable: 'no',
    next: 'Write a function of your own in place of a changed built-in.',
  },
  'script-meta': {
    sentence: 'A field of the exported meta has a value that odw cannot use.',
    retryable: 'no',
    next: 'Correct the field at the line shown.',
  },
  'script-claude-form': {
    sentence: 'The workflow script is not in the form that the dialect claude asks for.',
    retryable: 'no',
    next: 'Correct the script at the line shown, or run it in the dialect odw.',
  },
  'script-lint': {
    sentence: 'The workflow script holds mistakes that would waste what its agents cost.',
    retryable: 'no',
    next: 'Correct the places shown, or pass --no-lint.',
  },
  'script-too-deep': {
    sentence: 'The workflow script is nested too deeply to be read.',
    retryable: 'no',
    next: 'Split the deepest expression, or pass large data as input.',
  },
  'script-missing': {
    sentence: 'The workflow script is not there.',
    retryable: 'no',
    next: 'Check --script; it is looked up under --path, then under the working directory.',
  },
} as const satisfies Record<string, ErrorRow>;
