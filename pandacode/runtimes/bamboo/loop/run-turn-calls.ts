import type { ChatReply, ToolCall } from '../model/chat-model.ts';
import { isReading, runTool, understood, type Call } from '../tools/run-call.ts';
import { toolResultText } from '../tools/tool-result.ts';
import { escapeControls } from '../../../../src/escape-controls.ts';
import { failed, type Arguments, type ToolOutcome } from '../tools/tool.ts';
import type { LoopRecord, LoopSetup } from './loop-state.ts';

/** Counts identical calls in a row. */
export class RepeatGuard {
  private last = '';
  private times = 0;

  /** Whether this is the third such call in a row, or a later one. */
  isRepeated(call: ToolCall): boolean {
    const now = `${call.name} ${call.raw ?? JSON.stringify(call.input)}`;
    this.times = now === this.last ? this.times + 1 : 1;
    this.last = now;
    return this.times >= 3;
  }
}

/** A call that ends the run when it is accepted. */
export interface EndingCall {
  id: string;
  name: 'finish' | 'ask_user' | 'submit_result';
  args: Arguments;
}

export interface TurnCalls {
  /** Result texts by call, in the order of the calls; the ending call has none yet. */
  results: { id: string; name: string; text: string }[];
  ending?: EndingCall;
}

/** Tools that end the run. */
export const endingNames = new Set<string>(['finish', 'ask_user', 'submit_result']);

/**
 * Runs the tool calls of one turn: readings that stand together at once, the others in order. The first ending call is
 * handed back; calls behind it are not carried out. Every call gets exactly one result.
 */
export async function runTurnCalls(reply: ChatReply, setup: LoopSetup, record: LoopRecord, guard: RepeatGuard, step: number): Promise<TurnCalls> {
  const { context, tools } = setup;
  context.events.emit('model.tool_calls_received', { names: reply.calls.map((one) => one.name) });
  const calls = reply.calls.map((call) => {
    if (call.raw !== undefined) context.events.emit('model.tool_call_parse_error', { name: call.name, arguments: call.raw.slice(0, 500) });
    return understood(call, tools);
  });
  const turn: TurnCalls = { results: [] };
  for (let at = 0; at < calls.length;) {
    const group = groupAt(calls, at);
    at += group.length;
    const first = group[0]!;
    if (turn.ending || context.control.reason) {
      const why = turn.ending ? `Not carried out: ${turn.ending.name} came before it.` : 'Not carried out: the run is being ended.';
      for (const { call } of group) turn.results.push({ id: call.id, name: call.name, text: toolResultText(call.name, failed(why), 0) });
    } else if ('name' in first && endingNames.has(first.name)) {
      turn.ending = { id: first.call.id, name: first.name as EndingCall['name'], args: first.args };
    } else turn.results.push(...(await Promise.all(group.map((one) => carryOut(one, setup, record, guard, step)))));
  }
  return turn;
}

function groupAt(calls: Call[], at: number): Call[] {
  const isRead = (one: Call | undefined) => one !== undefined && 'name' in one && isReading(one.name);
  if (!isRead(calls[at])) return [calls[at]!];
  let end = at;
  while (isRead(calls[end])) end++;
  return calls.slice(at, end);
}

async function carryOut(one: Call, setup: LoopSetup, record: LoopRecord, guard: RepeatGuard, step: number): Promise<TurnCalls['results'][number]> {
  const { call } = one;
  const { events } = setup.context;
  const started = Date.now();
  events.emit('tool.started', { id: call.id, name: call.name, input: (call.raw ?? JSON.stringify(call.input ?? {})).slice(0, 500) });
  let outcome: ToolOutcome;
  if (guard.isRepeated(call)) {
    events.emit('tool.repeat_guard', { name: call.name });
    outcome = failed('The same call was made three times in a row, so it was not carried out. Its result would be the same: do something else, or finish.');
  } else outcome = 'outcome' in one ? one.outcome : await runTool(one.name, one.args, setup.surroundings);
  const duration = Date.now() - started;
  note(record, step, call.name, outcome);
  events.emit('tool.finished', {
    id: call.id,
    name: call.name,
    ok: outcome.ok,
    exit_code: outcome.exit_code ?? null,
    duration_ms: duration,
    message: outcome.message.slice(0, 500),
  });
  return { id: call.id, name: call.name, text: toolResultText(call.name, outcome, duration, mostOf(call.name)) };
}

/** Writes a step down, for the report and on stderr. */
export function note(record: LoopRecord, step: number, action: string, outcome: Pick<ToolOutcome, 'ok' | 'message'>): void {
  record.steps.push({ step, action, ok: outcome.ok, message: outcome.message.slice(0, 500) });
  process.stderr.write(escapeControls(`bamboo-run step=${step} action=${action} ok=${outcome.ok}\n`));
}

// Reading several files and long output are allowed more.
function mostOf(name: string): number {
  return name === 'read' || name === 'bash' ? 50_000 : 30_000;
}
