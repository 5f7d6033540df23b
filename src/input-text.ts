import type { Json } from '../schemas/json.ts';
import type { RunInput } from '../schemas/run-input.ts';

/** The text that a value most likely came from. */
export function rawOf(args: Json): string {
  return args === null ? '' : JSON.stringify(args);
}

/** The exact input text of a run. */
export function inputText(input: Pick<RunInput, 'inputRaw' | 'args'>): string {
  return input.inputRaw ?? rawOf(input.args);
}
