import type { ToolCall, ToolDefinition } from '../model/chat-model.ts';
import { bash } from './bash.ts';
import { edit } from './edit.ts';
import { read } from './read.ts';
import { search } from './search.ts';
import { understandCall } from './tool-arguments.ts';
import { failed, withoutSecrets, type Arguments, type ToolOutcome, type ToolSurroundings } from './tool.ts';
import { write } from './write.ts';

const tools: Record<string, (args: Arguments, surroundings: ToolSurroundings) => Promise<ToolOutcome> | ToolOutcome> = { read, search, edit, write, bash };

/** A call that was understood: a tool to run, or one that ends the run. */
export type Call = { call: ToolCall; name: string; args: Arguments } | { call: ToolCall; outcome: ToolOutcome };

export function understood(call: ToolCall, offered: ToolDefinition[]): Call {
  const meaning = understandCall(call.name, call.input, call.raw, offered);
  return 'problem' in meaning ? { call, outcome: failed(meaning.problem, { help: meaning.help }) } : { call, name: meaning.name, args: meaning.args };
}

/** Whether calls of this tool change nothing, so that several may run at once. */
export function isReading(name: string): boolean {
  return name === 'read' || name === 'search';
}

/** Runs a tool. Whatever goes wrong is an outcome: the model is to know, and the loop goes on. */
export async function runTool(name: string, args: Arguments, surroundings: ToolSurroundings): Promise<ToolOutcome> {
  const { events, watchdog } = surroundings.context;
  events.progress.tool_calls++;
  events.progress.last_tool = name;
  watchdog.tool(1);
  try {
    return withoutSecrets(await tools[name]!(args, surroundings), surroundings.secrets);
  } catch (error) {
    return withoutSecrets(failed(`${name} failed: ${(error as Error).message}`), surroundings.secrets);
  } finally {
    watchdog.tool(-1);
  }
}
