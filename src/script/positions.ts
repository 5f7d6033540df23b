import type { CompiledScript } from '../../schemas/script.ts';
import { bodyNames } from './names.ts';

/** A place in a file, as editors and V8 count: both from 1. */
export interface Position {
  line: number;
  column: number;
}

export interface StackOptions {
  /** The name the interpreter gave the compiled code by `//# sourceURL`. */
  sourceUrl: string;
  /** Number of lines of the compiled code before the body. */
  wrapperLines: number;
  /** Keep frames of other code as they are (default: dropped), as when the frames of several scripts are mapped one after another. */
  keepOther?: boolean;
}

type Mapped = Pick<CompiledScript, 'inserts' | 'source' | 'path'>;

/** A V8 stack of a compiled script with places in the user's file: `<file>:<line>:<column>`. The error's own text stays. */
export function mapStack(script: Mapped, stack: string, options: StackOptions): string {
  const firstFrame = /^ {4}at /m.exec(stack);
  if (!firstFrame) return stack;
  const frames = stack
    .slice(firstFrame.index)
    .split('\n')
    .map((frame) => mapFrame(script, frame, options));
  return [stack.slice(0, firstFrame.index).trimEnd(), ...frames.filter((frame) => frame !== undefined)].join('\n');
}

/**
 * The place in the script's file for a place in the compiled code.
 * A place inside inserted text maps to where it was put in; undefined outside the file's lines.
 */
export function mapPosition(script: Pick<Mapped, 'inserts' | 'source'>, line: number, column: number, wrapperLines = 0): Position | undefined {
  const sourceLine = line - wrapperLines;
  if (sourceLine < 1 || sourceLine > countLines(script.source)) return undefined;
  let inserted = 0;
  for (const [start, length] of script.inserts[sourceLine] ?? []) {
    if (column - 1 < start) break;
    inserted += Math.min(length, column - 1 - start);
  }
  return { line: sourceLine, column: column - inserted };
}

function mapFrame(script: Mapped, frame: string, { sourceUrl, wrapperLines, keepOther = false }: StackOptions): string | undefined {
  const place = Math.max(frame.lastIndexOf(`(${sourceUrl}:`), frame.lastIndexOf(` ${sourceUrl}:`));
  const numbers = /^(\d+):(\d+)\)*$/.exec(place === -1 ? '' : frame.slice(place + sourceUrl.length + 2));
  if (!numbers) return keepOther ? frame : undefined;
  const position = mapPosition(script, Number(numbers[1]), Number(numbers[2]), wrapperLines);
  if (!position) return undefined;
  const where = `${script.path}:${position.line}:${position.column}`;
  const name = functionName(frame);
  return name === undefined ? `    at ${where}` : `    at ${name} (${where})`;
}

// The body's own wrapper functions say nothing to the reader; an anonymous default export is called what the script calls it.
function functionName(frame: string): string | undefined {
  const name = /^ {4}at (.+?) \(/.exec(frame)?.[1]?.replace(bodyNames.entry, 'default');
  return name === undefined || /^(async )?(script|eval|<anonymous>)$/.test(name) ? undefined : name;
}

function countLines(text: string): number {
  return (text.match(/\r\n|[\n\r\u2028\u2029]/g)?.length ?? 0) + 1;
}
