import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Json } from '../../schemas/json.ts';
import { OdwError } from '../../src/errors/error.ts';
import { readStandardInput } from './standard-input.ts';

/**
 * The project directory: canonical when it exists, else as given (folders are made).
 *
 * @throws OdwError `option-invalid` when something else than a folder is there
 */
export function resolveRoot(path: string): string {
  const absolute = resolve(path);
  const found = statSync(absolute, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw new OdwError('option-invalid', `--path expects the folder of a project; ${absolute} is a file`, { exitCode: 2 });
  return found ? realpathSync(absolute) : absolute;
}

/** The script file: absolute as is, else under the root, else under the working directory. */
export function resolveScript(root: string, script: string): string {
  const candidates = isAbsolute(script) ? [script] : [join(root, script), resolve(script)];
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw new OdwError('script-missing', `workflow script does not exist: ${candidates[0]}`, { fields: { looked: candidates } });
  return found;
}

export function readScript(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const isFolder = (cause as NodeJS.ErrnoException).code === 'EISDIR';
    throw new OdwError('script-missing', isFolder ? `the workflow script ${path} is a folder; a file is expected` : `workflow script cannot be read: ${path}`, {
      cause,
    });
  }
}

export interface RawInput {
  raw: string;
  given: { flag: '--input' | '--input-file'; value: string } | undefined;
}

/** The exact input text; `--input-file -` is standard input. */
export function readInput(flags: { input?: string; inputFile?: string }): RawInput {
  if (flags.inputFile === '-') {
    try {
      return { raw: readStandardInput(), given: { flag: '--input-file', value: '-' } };
    } catch (cause) {
      throw new OdwError('input-unreadable', 'read standard input', { cause, next: 'Pipe the input into the command, or name a file.' });
    }
  }
  if (flags.inputFile !== undefined) {
    const path = resolve(flags.inputFile);
    try {
      return { raw: readFileSync(path, 'utf8'), given: { flag: '--input-file', value: path } };
    } catch (cause) {
      throw new OdwError('input-unreadable', `read ${flags.inputFile}`, { cause });
    }
  }
  return flags.input === undefined ? { raw: '', given: undefined } : { raw: flags.input, given: { flag: '--input', value: flags.input } };
}

/** META-04: empty is null, valid JSON is parsed, anything else is the text itself. Text that was meant as JSON but is broken is refused. */
export function parseInput(raw: string, given?: RawInput['given']): Json {
  if (raw.trim() === '') return null;
  try {
    return JSON.parse(raw) as Json;
  } catch (error) {
    // A text that opens like an object or array is a mistake, not a sentence; "[urgent] look at this" is one.
    if (/^\s*(\{|\[\s*(["{[\]]|-?\d|(true|false|null)\b))/.test(raw)) {
      const origin = given?.flag !== '--input-file' ? 'the input' : given.value === '-' ? 'the input from standard input' : `the input in ${given.value}`;
      throw new OdwError('input-not-json', `${origin} looks like JSON but cannot be parsed: ${(error as Error).message}`, { exitCode: 2 });
    }
    return raw;
  }
}
