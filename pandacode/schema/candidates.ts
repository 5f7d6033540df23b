// Characters looked at while matching brackets. Each opening one costs a scan, so a hostile text would take for ever.
const mostSteps = 16_000_000;

/**
 * JSON values that a text may mean, best first: the whole text, the last fenced block, the last balanced object or
 * array. A prose answer gives none.
 */
export function* jsonCandidates(text: string): Generator<unknown> {
  for (const source of [text.trim(), lastFence(text), lastBalanced(text)]) {
    if (!source) continue;
    try {
      yield JSON.parse(source);
    } catch {
      // not this one
    }
  }
}

function lastFence(text: string): string | undefined {
  const blocks = [...text.matchAll(/^[ \t]*```[^\n]*\n([\s\S]*?)^[ \t]*```/gm)];
  return blocks.at(-1)?.[1]?.trim();
}

/** The last balanced `{…}` or `[…]` at top level of the text that parses; strings are respected. */
function lastBalanced(text: string): string | undefined {
  let best: string | undefined;
  let steps = 0;
  for (let at = 0; at < text.length && steps < mostSteps; at++) {
    if (text[at] !== '{' && text[at] !== '[') continue;
    const { end, stoppedAt } = closing(text, at);
    steps += stoppedAt - at;
    if (end === undefined) continue;
    const part = text.slice(at, end + 1);
    try {
      JSON.parse(part);
    } catch {
      continue;
    }
    best = part;
    at = end;
  }
  return best;
}

function closing(text: string, from: number): { end?: number; stoppedAt: number } {
  const stack: string[] = [];
  let isString = false;
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (isString) {
      if (char === '\\') at++;
      else if (char === '"') isString = false;
    } else if (char === '"') isString = true;
    else if (char === '{') stack.push('}');
    else if (char === '[') stack.push(']');
    else if (char === '}' || char === ']') {
      if (stack.pop() !== char) return { stoppedAt: at };
      if (stack.length === 0) return { end: at, stoppedAt: at };
    }
  }
  return { stoppedAt: text.length };
}
