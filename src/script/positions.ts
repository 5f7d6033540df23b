import type { CompiledScript } from '../../schemas/script.ts';

/** A place in a file, as editors and V8 count: both from 1. */
export interface Position {
  line: number;
  column: number;
}

/**
 * The place in the script's file for a place in the compiled code.
 * A place inside inserted text maps to where it was put in; undefined outside the file's lines.
 */
export function mapPosition(script: Pick<CompiledScript, 'inserts' | 'source'>, line: number, column: number, wrapperLines = 0): Position | undefined {
  const sourceLine = line - wrapperLines;
  if (sourceLine < 1 || sourceLine > countLines(script.source)) return undefined;
  let inserted = 0;
  for (const [start, length] of script.inserts[sourceLine] ?? []) {
    if (column - 1 < start) break;
    inserted += Math.min(length, column - 1 - start);
  }
  return { line: sourceLine, column: column - inserted };
}

function countLines(text: string): number {
  return (text.match(/\r\n|[\n\r\u2028\u2029]/g)?.length ?? 0) + 1;
}
