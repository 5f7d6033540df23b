import { at, firstText, type JsonObject } from './json-object.ts';

/** Whether an executor stopped to ask something (EXEC-14), whatever its exit code and `ok` say. */
export function needsInput(report: JsonObject | undefined): boolean {
  const category = at(report, 'error', 'category');
  return (
    at(report, 'state') === 'waiting_for_user' ||
    at(report, 'summary', 'status') === 'waiting_for_user' ||
    (typeof category === 'string' && category.includes('needs_input'))
  );
}

/** What the executor asks, as far as its report tells. */
export function question(report: JsonObject | undefined): string | undefined {
  const pending = at(report, 'pending_user_input') ?? at(report, 'summary', 'pending_user_input');
  return firstText(
    pending,
    at(pending, 'question'),
    at(pending, 'message'),
    at(pending, 'text'),
    at(pending, 'prompt'),
    at(report, 'error', 'message'),
    at(report, 'last_agent_message'),
    at(report, 'summary', 'last_agent_message'),
  );
}
