import { wellFormed } from '../../src/text.ts';

/** The arguments of log() and console.log as one line: strings as they are, errors by their message, the rest as compact JSON (CTX-03). */
export function logText(args: readonly unknown[]): string {
  return wellFormed(args.map(one).join(' '));
}

function one(value: unknown): string {
  if (typeof value === 'string') return value;
  // JSON has no Infinity and no NaN: a number stays what it is.
  if (typeof value === 'number') return String(value);
  try {
    if (typeof value === 'object' && value !== null && typeof (value as { message?: unknown }).message === 'string' && 'stack' in value)
      return (value as unknown as { message: string }).message;
    return JSON.stringify(value) ?? String(value);
  } catch {
    try {
      return String(value);
    } catch {
      return '[value without a string form]';
    }
  }
}
