import type { Message, ToolDefinition } from '../model/chat-model.ts';

/** A guess at the tokens of a text: four ASCII characters, or one other character, each. */
export function estimateText(text: string): number {
  let ascii = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 128) ascii++;
  return Math.ceil(ascii / 4) + (text.length - ascii);
}

/** A guess at the tokens of messages, tool calls and their results included. */
export function estimateMessages(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + estimateMessage(message), 0);
}

export function estimateTools(tools: readonly ToolDefinition[]): number {
  return tools.length === 0 ? 0 : estimateText(JSON.stringify(tools));
}

const perMessage = 4;

function estimateMessage(message: Message): number {
  if (message.role === 'user') return perMessage + estimateText(message.text);
  if (message.role === 'tool') return message.results.reduce((sum, one) => sum + perMessage + estimateText(one.text), 0);
  const calls = message.calls.reduce((sum, one) => sum + perMessage + estimateText(one.name + (one.raw ?? JSON.stringify(one.input ?? {}))), 0);
  return perMessage + estimateText(message.text) + message.reasoning.reduce((sum, one) => sum + estimateText(one.text), 0) + calls;
}
