import { StringDecoder } from 'node:string_decoder';

/** Longest line that is kept, in characters. A longer one is reported as undefined: memory stays bounded. */
export const longestLine = 64 * 1024 * 1024;

/**
 * Cuts a byte stream into lines; UTF-8 sequences may be split between chunks.
 *
 * @param onLine gets each line without its end, or undefined for one that was too long
 */
export function lineSplitter(onLine: (line: string | undefined) => void, limit = longestLine): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  let dropping = false;
  const add = (text: string) => {
    if (dropping) return;
    length += text.length;
    if (length > limit) {
      dropping = true;
      parts = [];
    } else if (text) parts.push(text);
  };
  const finish = () => {
    const line = dropping ? undefined : parts.join('').replace(/\r$/, '');
    parts = [];
    length = 0;
    dropping = false;
    onLine(line);
  };
  const feed = (text: string) => {
    let from = 0;
    for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', from)) {
      add(text.slice(from, at));
      finish();
      from = at + 1;
    }
    add(text.slice(from));
  };
  return {
    push: (chunk) => feed(decoder.write(chunk)),
    end: () => {
      feed(decoder.end());
      if (length > 0) finish();
    },
  };
}
