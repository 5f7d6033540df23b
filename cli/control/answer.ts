import { isOdwError } from '../../src/errors/error.ts';
import { jsonError } from '../json-error.ts';
import { printJson, printText } from '../print.ts';
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
    if (json) printJson(JSON.stringify({ ok: true, ...told.json }));
    else printText(`${told.text}\n`);
    return 0;
  } catch (error) {
    if (!json) return printError(error);
    printJson(JSON.stringify(jsonError(error)));
    return isOdwError(error) ? error.exitCode : 1;
  }
}
