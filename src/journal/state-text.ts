import type { RunState } from '../../schemas/state.ts';
import { jsonText } from './json-text.ts';

/** Texts of entries already serialised. Entries of `agents` and `failedAgents` never change in place, so theirs are made once. */
export type StateTextCache = WeakMap<object, string>;

const tables = ['agents', 'activeAgents', 'failedAgents', 'checkpoints'] as const;

/**
 * state.json as text: 2-space JSON (STATE-02). Equal to `JSON.stringify(state, null, 2)` plus a line end, but the text of each
 * entry is remembered, so that writing again after one more event does not serialise large results again (PROC-06).
 */
export function stateText(state: RunState, cache: StateTextCache = new WeakMap()): string {
  return [...stateParts(state, cache)].join('');
}

/** The text of {@link stateText} in parts, an entry at a time: whoever writes them one after another never has the whole in memory. */
export function* stateParts(state: RunState, cache: StateTextCache): Generator<string> {
  const rest: Record<string, unknown> = { ...state };
  for (const name of tables) delete rest[name];
  let before = '{\n';
  for (const name of tables) {
    yield `${before}  ${JSON.stringify(name)}: `;
    yield* tableParts(state[name], cache);
    before = ',\n';
  }
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) yield `${before}  ${JSON.stringify(name)}: ${indent(jsonText(value, 2), '  ')}`;
  yield '\n}\n';
}

function* tableParts(table: Record<string, object>, cache: StateTextCache): Generator<string> {
  let before = '{\n';
  for (const [key, value] of Object.entries(table)) {
    yield `${before}    ${jsonText(key)}: ${entryText(value, cache)}`;
    before = ',\n';
  }
  yield before === '{\n' ? '{}' : '\n  }';
}

function entryText(value: object, cache: StateTextCache): string {
  const known = cache.get(value);
  if (known !== undefined) return known;
  const text = indent(jsonText(value, 2), '    ');
  cache.set(value, text);
  return text;
}

// JSON text has line ends only between tokens, never inside a string.
function indent(text: string, by: string): string {
  return text.replaceAll('\n', `\n${by}`);
}
