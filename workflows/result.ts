import type { Json } from '../schemas/json.ts';

/**
 * The script's return value as JSON. Undefined for nothing or a function (RET-01); a value that JSON cannot hold, or that
 * is larger than may be stored, becomes a failure that says so (RET-02).
 */
export function readResult(value: unknown, maxBytes: number): Json | undefined {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    return refusal(`the workflow's return value cannot be written as JSON: ${(error as Error).message}`);
  }
  if (text === undefined) return undefined;
  if (text.length > maxBytes) return refusal(`the workflow's return value has ${text.length} characters as JSON; the configured maximum is ${maxBytes} bytes`);
  return JSON.parse(text) as Json;
}

function refusal(message: string): Json {
  return { ok: false, error: { category: 'result_not_serializable', message } };
}
