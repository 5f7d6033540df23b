import { parse, type Options, type Program, type Token } from 'acorn';
import { isOdwError } from '../errors/error.ts';
import { reservedPrefixes } from './names.ts';
import { scriptError, type ScriptText } from './script-error.ts';
import { stripTypes } from './typescript.ts';

/** A script's syntax tree, and the JavaScript it was made from (the text, types blanked). */
export interface ParsedScript extends ScriptText {
  javascript: string;
  program: Program;
}

/**
 * Parses a script as the inside of an async function that may also export (SCR-03): top-level `await` and `return` are fine.
 * `.ts` and `.mts` files are stripped of types first, others only when they are not JavaScript; if neither parse works, the JavaScript error is thrown.
 */
export async function parseScript(path: string, source: string): Promise<ParsedScript> {
  const script: ScriptText = { path, text: source.replace(/^\uFEFF/, '') };
  if (/\.[mc]?ts$/.test(path)) return parseJavaScript(script, await stripTypes(script));
  try {
    return parseJavaScript(script, script.text);
  } catch (error) {
    if (!isOdwError(error) || error.slug !== 'script-syntax') throw error;
    return await parseAsTypeScript(script, error);
  }
}

async function parseAsTypeScript(script: ScriptText, javascriptError: Error): Promise<ParsedScript> {
  let stripped: string;
  try {
    stripped = await stripTypes(script);
  } catch {
    throw javascriptError;
  }
  if (stripped === script.text) throw javascriptError;
  try {
    return parseJavaScript(script, stripped);
  } catch (error) {
    // A script that is fine TypeScript and breaks a rule of odw is told the rule.
    throw isOdwError(error) && error.slug !== 'script-syntax' ? error : javascriptError;
  }
}

function parseJavaScript(script: ScriptText, text: string): ParsedScript {
  const javascript = text.replace(/^#!/, '//');
  const options: Options = {
    // The newest edition that the oldest supported Node runs whole.
    ecmaVersion: 2024,
    sourceType: 'module',
    allowReturnOutsideFunction: true,
    preserveParens: true,
    onToken: tokenCheck(script, javascript),
  };
  try {
    return { ...script, javascript, program: parse(javascript, options) };
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    const { message, pos: offset = 0 } = error as Error & { pos?: number };
    // The parser reports a full stack by a SyntaxError of its own where it can.
    if (error instanceof RangeError || message.startsWith('Not enough stack space')) {
      throw scriptError('script-too-deep', script, offset, 'the script is nested too deeply to be parsed');
    }
    throw scriptError('script-syntax', script, offset, `SyntaxError: ${message.replace(/ \(\d+:\d+\)$/, '')}`);
  }
}

// The sandbox compiles the body as a classic script, where `<!--` and, at the start of a line, `-->` begin a comment.
// A module has no such comments, so the two readings would differ: code unseen here could run there.
function tokenCheck(script: ScriptText, text: string): (token: Token) => void {
  let previousEnd = 0;
  return (token) => {
    const { start } = token;
    if (token.type.label === 'template' || token.type.label === 'invalidTemplate') return;
    const char = text.charCodeAt(start);
    if (char === 60 /* < */ && text.startsWith('<!--', start)) throw scriptError('script-syntax', script, start, htmlComment('<!--'));
    if (char === 45 /* - */ && text.startsWith('-->', start) && (previousEnd === 0 || /[\n\r\u2028\u2029]/.test(text.slice(previousEnd, start)))) {
      throw scriptError('script-syntax', script, start, htmlComment('-->'));
    }
    const name: unknown = (token as Token & { value?: unknown }).value;
    if (typeof name === 'string' && name.startsWith('__') && (token.type.label === 'name' || token.type.label === 'privateId')) {
      const prefix = reservedPrefixes.find((reserved) => name.startsWith(reserved));
      if (prefix) throw scriptError('script-reserved-name', script, start, `the name ${name} is reserved: no name of a script may begin with ${prefix}`);
    }
    previousEnd = token.end;
  };
}

function htmlComment(text: string): string {
  return `SyntaxError: \`${text}\` reads as an HTML comment; put a space into it`;
}
