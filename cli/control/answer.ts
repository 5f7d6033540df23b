import { isOdwError } from '../../src/errors/error.ts';
import { jsonError } from '../json-error.ts';
import { printError } from '../print-error.ts';

/** What a command has to say: an object for programs, lines for people. */
export interface Told {
  json: Record<string, unknown>;
  text: string;
}

/**
 * Does a command's work and prints what it says, or why it could not: lines for people, or exactly one JSON object `{ok, code?, …}` on
 * stdout (CMD-01).
 *
 * @returns the exit code
 */
export async function answer(json: boolean | undefined, work: () => Promise<Told>): Promise<number> {
  try {
    const told = await work();
    process.stdout.write(`${json ? JSON.stringify({ ok: true, ...told.json }) : told.text}\n`);
    return 0;
  } catch (error) {
    if (!json) return printError(error);
    process.stdout.write(`${JSON.stringify(jsonError(error))}\n`);
    return isOdwError(error) ? error.exitCode : 1;
  }
}
