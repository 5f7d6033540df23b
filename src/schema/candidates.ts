import type { Json } from '../../schemas/json.ts';

/** A place in a report where the reply may be. */
export type Candidate = { from: 'field' | 'report'; value: Json } | { from: 'text'; text: string };

type Fields = Record<string, Json>;

const valueFields = ['structured_output', 'structuredOutput', 'result', 'output', 'json'];
const textFields = ['last_agent_message', 'lastAgentMessage', 'message', 'text'];
const runKeys = ['run_id', 'runId', 'run', 'thread_id', 'threadId', 'thread'];

/** Every place of an executor report or mock result where a structured reply may be, in the order of SCH-06. */
export function candidatesFromReport(report: Json): Candidate[] {
  const fields = objectOf(report);
  if (fields === undefined) return [typeof report === 'string' ? { from: 'text', text: report } : { from: 'report', value: report }];
  const summary = objectOf(fields['summary']) ?? {};
  const codex = objectOf(fields['codex']) ?? {};
  return [
    ...[fields, summary, codex].flatMap((place) => valueFields.flatMap((name) => valuesOf(place[name]))),
    ...(isReply(codex) ? valuesOf(codex) : []),
    ...messages(fields['agent_messages']),
    ...messages(codex['agent_messages']),
    ...messages(codex['plans']),
    ...messages(codex['items']),
    ...[
      ...[fields, summary].flatMap((place) => textFields.map((name) => place[name])),
      objectOf(fields['wait'])?.['capture_tail'],
      ...[...textFields, 'stdout_tail'].map((name) => codex[name]),
      fields['stdout'],
      fields['stdout_tail'],
    ].flatMap(textOf),
    { from: 'report', value: report },
  ];
}

/** `codex` may be the reply itself, but not when it is a run's record or carries nothing but usage. */
function isReply(codex: Fields): boolean {
  return Object.keys(codex).some((key) => key !== 'usage') && !runKeys.some((key) => Object.hasOwn(codex, key));
}

/** A field's value; a text may also hold JSON. null in a report means "nothing here". */
function valuesOf(value: Json | undefined): Candidate[] {
  if (value === undefined || value === null) return [];
  return [{ from: 'field', value }, ...textOf(value)];
}

/** Texts of a list of messages or items, newest first: the schema binds the final reply. */
function messages(list: Json | undefined): Candidate[] {
  if (!Array.isArray(list)) return [];
  return list.toReversed().flatMap((item) => {
    const fields = objectOf(item);
    return fields === undefined ? textOf(item) : ['aggregatedOutput', ...textFields, 'content'].flatMap((name) => textOf(fields[name]));
  });
}

function textOf(value: Json | undefined): Candidate[] {
  return typeof value === 'string' && value.trim() !== '' ? [{ from: 'text', text: value }] : [];
}

function objectOf(value: Json | undefined): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
