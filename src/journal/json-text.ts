import { wellFormed } from '../text.ts';

/** Compact JSON of a value in which every lone surrogate became U+FFFD (PROC-08). `undefined` gives "null". */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent) ?? 'null';
  // JSON.stringify escapes exactly the lone surrogates this way. Looking for them is much cheaper than a replacer on each value.
  return /\\ud[89a-f][0-9a-f]{2}/.test(text) ? (JSON.stringify(value, repair, indent) ?? 'null') : text;
}

function repair(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.keys(value).some((key) => wellFormed(key) !== key)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [wellFormed(key), one]))
    : value;
}
