import { at, firstText } from './json-object.ts';

/** The final text of an executor report, in full (AGENT-15, AGENT-17), without completion markers. Empty when the report has none. */
export function finalText(report: unknown): string {
  const text = firstText(...messages(report), ...messages(at(report, 'codex')), at(report, 'stdout_tail'), at(report, 'adapter', 'stdout_tail'));
  return withoutMarkers(text ?? '');
}

/** Removes `PANDACODE_DONE_<digits>_<digits>` with the white space before it, and trims the end (AGENT-16). */
export function withoutMarkers(text: string): string {
  return text.replace(/\s*PANDACODE_DONE_\d+_\d+/g, '').trimEnd();
}

/** Whether a result is an executor's report, so that its final text is the node's value (AGENT-13). */
export function isExecutorReport(value: unknown): boolean {
  if (at(value, 'backend') === 'pandacode' || at(value, 'adapter', 'backend') === 'pandacode') return true;
  return (
    typeof at(value, 'runtime') === 'string' && ['last_agent_message', 'lastAgentMessage', 'summary', 'thread_id'].some((key) => at(value, key) !== undefined)
  );
}

function messages(source: unknown): unknown[] {
  const summary = at(source, 'summary');
  return [
    at(source, 'last_agent_message'),
    at(summary, 'last_agent_message'),
    at(summary, 'message'),
    at(summary, 'text'),
    at(source, 'message'),
    at(source, 'text'),
  ];
}
