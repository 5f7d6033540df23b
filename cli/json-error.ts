import { CommanderError } from 'commander';
import { isOdwError } from '../src/errors/error.ts';
import { nextStep } from './print-error.ts';

/** Why a command could not do its work, for programs (CMD-01). */
export interface JsonError {
  ok: false;
  /** `RUN_NOT_FOUND` for the slug `run-not-found` of the table of errors; `USAGE`; `INTERNAL` for what nobody foresaw. */
  code: string;
  message: string;
  next?: string;
}

/** The object that `--json` prints in place of a command's own one. */
export function jsonError(error: unknown): JsonError {
  const next = error instanceof CommanderError ? 'The command with --help lists what it takes.' : nextStep(error);
  return { ok: false, code: codeOf(error), message: messageOf(error), ...(next === undefined ? {} : { next }) };
}

// Programs match WORKER_DOWN, the table lists worker-down.
function codeOf(error: unknown): string {
  if (error instanceof CommanderError) return 'USAGE';
  if (!isOdwError(error)) return 'INTERNAL';
  const told = error.fields['code'];
  return typeof told === 'string' ? told : error.slug.toUpperCase().replaceAll('-', '_');
}

function messageOf(error: unknown): string {
  const message = error instanceof Error || isOdwError(error) ? error.message : String(error);
  return error instanceof CommanderError ? message.replace(/^error: /, '') : message;
}
