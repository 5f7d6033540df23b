import { tailOf } from './report-error.ts';
import { asObject, type JsonObject } from './json-object.ts';

/**
 * A normalised report without what the node's outcome already holds or what only the raw report file needs to hold:
 * on success the final text and structured values; always texts over 8000 characters inside other fields.
 */
export function slimReport(report: JsonObject, ok: boolean): JsonObject {
  const slim: JsonObject = {};
  for (const [key, value] of Object.entries(report)) {
    if (ok && ['last_agent_message', 'structured_output', 'structuredOutput', 'result', 'output', 'json', 'stdout_tail', 'text', 'message'].includes(key))
      continue;
    if (key === 'last_agent_message' || key === 'error') slim[key] = value;
    else if (JSON.stringify(value).length <= 8000) slim[key] = value;
    else if (typeof value === 'string') slim[key] = tailOf(value, 8000);
    else if (key === 'summary') slim[key] = slimReport(asObject(value) ?? {}, ok);
  }
  return slim;
}
