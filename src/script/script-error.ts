import { getLineInfo } from 'acorn';
import { OdwError } from '../errors/error.ts';
import type { ErrorSlug } from '../errors/table.ts';

/** A script as it is being compiled: what errors need to name a place. */
export interface ScriptText {
  path: string;
  /** The file's text without a byte order mark; offsets count in it. */
  text: string;
}

const contextWidth = 120;

/** An error at an offset of a script: `<path>:<line>:<column>: <message>`, the source line, and a caret under the place. */
export function scriptError(slug: ErrorSlug, script: ScriptText, offset: number, message: string): OdwError {
  const { line, column, excerpt } = placeInScript(script, offset);
  return new OdwError(slug, `${script.path}:${line}:${column}: ${message}\n${excerpt}`, { fields: { path: script.path, line, column, problem: message } });
}

/** Line and column of an offset, both from 1, and the source line with a caret under the place. */
export function placeInScript(script: Pick<ScriptText, 'text'>, offset: number): { line: number; column: number; excerpt: string } {
  const at = Math.max(0, Math.min(offset, script.text.length));
  const { line, column } = getLineInfo(script.text, at);
  const lineText = /^[^\n\r\u2028\u2029]*/.exec(script.text.slice(at - column))?.[0] ?? '';
  return { line, column: column + 1, excerpt: excerpt(lineText, column) };
}

// A minified script has one line of a megabyte: only the neighbourhood is shown.
function excerpt(lineText: string, column: number): string {
  const from = lineText.length > contextWidth ? Math.max(0, column - contextWidth / 2) : 0;
  const shown = withoutHalfCharacters(lineText.slice(from, from + contextWidth));
  const before = lineText.slice(from, column).replace(/[^\t]/g, ' ');
  return `${shown}\n${before}^`;
}

function withoutHalfCharacters(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, ' ');
}
