// Which scenario a request asks for, and which of its turns.

/** One turn with the text `ok`. */
export const DEFAULT = { turns: [{ text: 'ok' }] };

const TAG = /<fake-llm>([\s\S]*?)<\/fake-llm>/g;
function lastScenario(text) {
  let m,
    out = null;
  TAG.lastIndex = 0;
  while ((m = TAG.exec(text))) {
    try {
      out = JSON.parse(m[1]);
    } catch {
      /* not ours */
    }
  }
  return out;
}
/** items: [{role:'user'|'assistant', text}] in order -> {scenario, turn} */
export function pick(items, fallback) {
  let scenario = fallback,
    from = -1;
  items.forEach((it, i) => {
    if (it.role !== 'user' || !it.text.includes('<fake-llm>')) return;
    const s = lastScenario(it.text);
    if (s) {
      scenario = s;
      from = i;
    }
  });
  const turn = items.slice(from + 1).filter((it) => it.role === 'assistant').length;
  const turns = scenario.turns?.length ? scenario.turns : DEFAULT.turns;
  const t = turns[Math.min(turn, turns.length - 1)];
  return { scenario, turn, actions: Array.isArray(t) ? t : [t] };
}
/** Text of a message's content, whatever its form. */
export const flat = (c) =>
  typeof c === 'string'
    ? c
    : Array.isArray(c)
      ? c
          .map((b) => b?.text ?? b?.content ?? '')
          .map((x) => (typeof x === 'string' ? x : flat(x)))
          .join('\n')
      : '';
export const usageOf = (s) => ({ input: 100, output: 20, cacheRead: 0, cacheWrite: 0, reasoning: 0, ...(s.usage ?? {}) });
export const chunks = (s, n) => {
  const o = [];
  for (let i = 0; i < s.length; i += n) o.push(s.slice(i, i + n));
  return o.length ? o : [''];
};
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
