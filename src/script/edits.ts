import type { CompiledScript } from '../../schemas/script.ts';

/**
 * Changes to a script's text that keep its lines. Offsets count in the original text.
 * `insert` puts text (without line breaks) before the offset; `blank` turns a range into one semicolon and spaces, so that no column moves.
 */
export interface Edits {
  inserts: { offset: number; text: string }[];
  blanks: { start: number; end: number }[];
}

/**
 * The changed text, with a record of what was put in on which line.
 * Inserts at one offset stay in the order they were added.
 */
export function applyEdits(text: string, edits: Edits): { body: string; inserts: CompiledScript['inserts'] } {
  const base = blankRanges(text, edits.blanks);
  const inserts = [...edits.inserts].sort((a, b) => a.offset - b.offset);
  const record: CompiledScript['inserts'] = {};
  const lineBreak = /\r\n|[\n\r\u2028\u2029]/g;
  const parts: string[] = [];
  let line = 1;
  let lineStart = 0;
  let nextBreak = lineBreak.exec(base);
  let done = 0;
  let shift = 0;
  for (const insert of inserts) {
    while (nextBreak && nextBreak.index + nextBreak[0].length <= insert.offset) {
      line++;
      lineStart = nextBreak.index + nextBreak[0].length;
      shift = 0;
      nextBreak = lineBreak.exec(base);
    }
    parts.push(base.slice(done, insert.offset), insert.text);
    done = insert.offset;
    (record[line] ??= []).push([insert.offset - lineStart + shift, insert.text.length]);
    shift += insert.text.length;
  }
  parts.push(base.slice(done));
  return { body: parts.join(''), inserts: record };
}

// The semicolon keeps the statements before and after apart, where the removed words did so until now.
function blankRanges(text: string, ranges: Edits['blanks']): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(done, start), ';', text.slice(start + 1, end).replace(/[^\n\r\u2028\u2029]/g, ' '));
    done = end;
  }
  parts.push(text.slice(done));
  return parts.join('');
}
