import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { CompiledScript, Dialect } from '../../schemas/script.ts';
import { claudeFormProblems } from './claude-form.ts';
import { applyEdits, type Edits } from './edits.ts';
import { nothingCallableMessage, readExports } from './exports.ts';
import { addGuards } from './guards.ts';
import { readMeta } from './meta.ts';
import { bodyNames } from './names.ts';
import { parseScript } from './parse.ts';
import { refuseDisallowed } from './refusals.ts';
import { scriptError } from './script-error.ts';

export interface ScriptFile {
  path: string;
  source: string;
  /** The dialect that the caller named; it wins over the script's own. */
  dialect?: Dialect | undefined;
  /** The dialect of the script that calls this one; holds where this one names none (DIAL-01). */
  callersDialect?: Dialect | undefined;
}

/**
 * Parses, checks and transpiles a workflow script (DESIGN D1). Throws an OdwError of the area "script" that shows the place in the file.
 *
 * The body is the inside of an async function without parameters, in strict mode. Compile it in an outer function whose parameters are the dialect's names,
 * `args` and `input` among them, and the two of `internalNames`; the script may then declare any of the dialect's names itself (DIAL-04).
 * In function form the body ends with the call of the exported function.
 */
export async function compileScript(file: ScriptFile): Promise<CompiledScript> {
  const { path, source } = file;
  const script = await parseScript(path, source);
  const edits: Edits = { inserts: [], blanks: [] };
  try {
    const { entry, meta } = readExports(script, edits);
    const form = entry === undefined ? 'top-level' : 'function';
    refuseDisallowed(script, form);
    addGuards(script.program, edits);
    const read = readMeta(meta?.literal, path);
    if (meta && read.unknownDialect !== undefined) {
      throw scriptError('script-meta', script, meta.offset, `meta.dialect is ${read.unknownDialect}; expected "odw" or "claude"`);
    }
    if (meta && read.skillsProblem !== undefined) throw scriptError('script-meta', script, meta.offset, read.skillsProblem);
    const dialect = file.dialect ?? read.meta.dialect ?? file.callersDialect ?? 'odw';
    const problem = dialect === 'claude' ? claudeFormProblems(script, meta)[0] : undefined;
    if (problem) throw scriptError('script-claude-form', script, problem.offset, `${problem.code}: ${problem.message}`);
    if (entry !== undefined) edits.inserts.unshift({ offset: 0, text: `return (async (${bodyNames.input}, ${bodyNames.error}) => {` });
    const { body, inserts } = applyEdits(script.javascript, edits);
    return {
      path,
      source,
      sha256: bytesToHex(sha256(utf8ToBytes(source))),
      form,
      dialect,
      meta: read.meta,
      metaIsLiteral: meta !== undefined,
      body: entry === undefined ? body : body + callEntry(entry, path),
      inserts,
    };
  } catch (error) {
    if (error instanceof RangeError) throw scriptError('script-too-deep', script, 0, 'the script is nested too deeply to be checked');
    throw error;
  }
}

// The input and TypeError come in as arguments of a function of their own: the script may declare these names too.
function callEntry(entry: string, path: string): string {
  const message = JSON.stringify(nothingCallableMessage(path));
  return `\nif (typeof ${entry} !== 'function') throw new ${bodyNames.error}(${message});\nreturn ${entry}(${bodyNames.input});\n})(input, TypeError);`;
}
