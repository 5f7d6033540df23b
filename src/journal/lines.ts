import type { Json } from '../../schemas/json.ts';
import type { InnerEvent } from '../../schemas/journal.ts';
import { cutCodePoints, wellFormed } from '../text.ts';
import { jsonText } from './json-text.ts';

type Fields = { [key: string]: Json | undefined };

/**
 * The lines that a person reads for an event, without line ends (CLI-14, CLI-15). These are stable: programs match them.
 * Takes an inner event, or a line of text that is none.
 */
export function eventLines(event: InnerEvent | Fields | string): string[] {
  if (typeof event === 'string') return [oneLine(event)];
  if (typeof event['type'] !== 'string') return [oneLine(jsonText(event))];
  const form = Object.hasOwn(forms, event['type']) ? forms[event['type']] : undefined;
  const lines = form ? form(event) : [`[event] ${event['type']}`];
  return lines.flatMap((line) => wellFormed(line).split(/\r\n|\r|\n/)).filter((line) => line.trim() !== '');
}

/** The line of text that the script wrote to stderr (CLI-16). */
export function stderrLine(text: string): string {
  return wellFormed(`[script:stderr] ${oneLine(text)}`);
}

/** `summary` of a journal record: the event's lines. A long result is cut, for the record holds it in full beside. */
export function eventSummary(event: InnerEvent): string {
  return eventLines(event)
    .map((line) => (line.startsWith('[result] ') ? cutCodePoints(line, 2000, '...') : line))
    .join('\n');
}

const forms: Record<string, (event: Fields) => string[]> = {
  workflow_start: (e) => [`[workflow] start ${show(e['name'])} backend=${show(e['backend'])}`],
  workflow_done: (e) => [
    `[workflow] done ${show(e['name'])}`,
    ...(e['result'] === undefined || e['result'] === null ? [] : [`[result] ${jsonText(e['result'])}`]),
  ],
  workflow_error: (e) => [`[workflow] error ${show(e['message'])}`],
  phase: (e) => [`[phase] ${show(e['title'])}${e['detail'] === undefined ? '' : ` - ${show(e['detail'])}`}`],
  agent_start: (e) => [`[node] start ${node(e)} / ${show(e['agentType'])}${Number(e['maxAttempts']) > 1 ? ` attempt=${attempt(e)}` : ''}`],
  agent_schema_invalid: (e) => [`[node] schema-mismatch ${node(e)} attempt=${attempt(e)}`],
  agent_retry: (e) => [`[node] retry ${node(e)} reason=${show(e['reason'])} next=${show(e['nextAttempt'])}/${show(e['maxAttempts'])}`],
  agent_wait: (e) => [`[node] wait ${node(e)} reason=${show(e['reason'])}`],
  agent_continue: (e) => [`[node] continue ${node(e)}`],
  agent_failover: (e) => [`[node] failover ${node(e)} ${show(e['from'])} -> ${show(e['to'])}`],
  agent_cut: (e) => [`[node] cut ${node(e)} reason=${show(e['reason'])}`],
  agent_skip: (e) => [`[node] skip ${node(e)} / ${show(e['agentType'])} cached=true${e['restartedWith'] === undefined ? '' : ' restarted-with-changes=true'}`],
  agent_done: (e) => [`[node] done ${node(e)} / ${show(e['agentType'])} ok=${show(e['ok'])}`],
  parallel_start: (e) => [`[parallel] start ${node(e)} count=${show(e['count'])} max=${show(e['max'])}`],
  parallel_done: (e) => [`[parallel] done ${node(e)} ok=${show(e['ok'])}`],
  parallel_item_error: (e) => [`[parallel] item-error ${show(e['label'])}[${show(e['index'])}] ${show(e['message'])}`],
  pipeline_start: (e) => [`[pipeline] start ${show(e['phase'])} items=${show(e['count'])} stages=${show(e['stages'])} max=${show(e['max'])}`],
  pipeline_done: (e) => [`[pipeline] done ${show(e['phase'])} ok=${show(e['ok'])}`],
  pipeline_item_error: (e) => [`[pipeline] item-error [${show(e['index'])}] ${show(e['message'])}`],
  log: (e) => [`[log] ${show(e['message'])}`],
  checkpoint: (e) => [`[checkpoint] ${show(e['name'])}`],
  worktree_start: (e) => [`[worktree] start ${show(e['label'])}`],
  worktree_done: (e) => [`[worktree] done ${show(e['label'])} changed=${show(e['changed'])} files=${show(e['files'])}`],
  run_state: (e) => [`[run] ${show(e['from'])} -> ${show(e['to'])} reason=${show(e['reason'])}`],
  park: (e) => [
    `[run] parked ${show(e['scope'])} reason=${show(e['reason'])}${e['until'] ? ` until=${show(e['until'])}` : ''}${e['message'] ? `: ${show(e['message'])}` : ''}`,
    ...(e['fix'] ? [`[run] to go on: ${show(e['fix'])}`] : []),
  ],
  limit_warning: (e) => [`[run] near a limit: ${show(e['message'])}`],
  limits: (e) => [`[run] limits ${show(e['scope'])} ${jsonText(e['changes'] ?? {})}`],
  node_command: (e) => [
    `[node] ${show(e['action'])} ${show(e['label'])} asked${e['changes'] === undefined ? '' : ` with ${Object.keys(e['changes'] ?? {}).join(', ')}`}`,
  ],
  unpark: (e) => [`[run] unparked ${show(e['scope'])} reason=${show(e['reason'])}`],
  panda_auto_answer: (e) => [`[answer] auto-answer ${show(e['runtime'])} needs_input round=${show(e['round'])}`],
};

function node(event: Fields): string {
  return `${show(event['phase'])} / ${show(event['label'])}`;
}

function attempt(event: Fields): string {
  return `${show(event['attempt'])}/${show(event['maxAttempts'])}`;
}

function show(value: Json | undefined): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'string' ? value : jsonText(value);
}

function oneLine(text: string): string {
  return cutCodePoints(wellFormed(text).replace(/\r?\n/g, '\\n'), 240, '...');
}
