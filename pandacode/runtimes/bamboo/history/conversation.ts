import { readFileSync } from 'node:fs';
import { appendQuietly } from '../../../events/append-quietly.ts';
import type { Message, ToolDefinition } from '../model/chat-model.ts';
import { estimateMessages, estimateText, estimateTools } from './estimate.ts';

/** A call that waits for a person, with the results of the other calls of its turn. */
export interface PendingCall {
  id: string;
  name: string;
  results: { id: string; name: string; text: string }[];
}

type Line =
  | { type: 'system'; text: string }
  | { type: 'message'; message: Message }
  | { type: 'pending'; pending: PendingCall }
  | { type: 'replaced'; messages: Message[] };

/** A conversation that is written down as it grows: one JSON line per entry. */
export class Conversation {
  readonly system: string;
  messages: Message[] = [];
  pending: PendingCall | undefined;
  private readonly file: string;
  private known: { tokens: number; messages: number } | undefined;

  private constructor(system: string, file: string) {
    this.system = system;
    this.file = file;
  }

  /** A new one. */
  static start(system: string, file: string): Conversation {
    const conversation = new Conversation(system, file);
    conversation.write({ type: 'system', text: system });
    return conversation;
  }

  /** One that goes on from an earlier transcript, copied to a new file; undefined when that cannot be read. */
  static resume(from: string, file: string): Conversation | undefined {
    const lines = readLines(from);
    const first = lines.find((line) => line.type === 'system');
    if (!first) return undefined;
    const conversation = Conversation.start(first.text, file);
    for (const line of lines) conversation.apply(line);
    conversation.replace(conversation.messages);
    return conversation;
  }

  push(message: Message): void {
    this.messages.push(message);
    this.write({ type: 'message', message });
  }

  /** The model asked a person: its call gets its result later. */
  wait(pending: PendingCall): void {
    this.pending = pending;
    this.write({ type: 'pending', pending });
  }

  /** Gives every call that has no result yet one: the pending call the `answer`, others a remark. */
  settle(answer: string | undefined): void {
    const last = this.messages.at(-1);
    if (last?.role === 'assistant' && last.calls.length > 0) {
      const results = last.calls.map(({ id, name }) => {
        const text = this.pending?.id === id ? (answer ?? 'The user gave no answer.') : 'Not carried out: the run was interrupted.';
        return this.pending?.results.find((one) => one.id === id) ?? { id, name, text };
      });
      this.push({ role: 'tool', results });
    }
    this.pending = undefined;
  }

  /** Puts other messages in the place of all. */
  replace(messages: Message[]): void {
    this.messages = messages;
    this.known = undefined;
    this.write({ type: 'replaced', messages });
  }

  /** What the vendor counted for a request with all messages up to now. */
  counted(promptTokens: number): void {
    this.known = { tokens: promptTokens, messages: this.messages.length };
  }

  /** Tokens of the next request: the vendor's last figure, plus a guess for what was added. */
  tokens(tools: ToolDefinition[]): number {
    if (this.known) return this.known.tokens + estimateMessages(this.messages.slice(this.known.messages));
    return estimateText(this.system) + estimateTools(tools) + estimateMessages(this.messages);
  }

  private apply(line: Line): void {
    if (line.type === 'message') this.messages.push(line.message);
    else if (line.type === 'replaced') this.messages = [...line.messages];
    else if (line.type === 'pending') this.pending = line.pending;
    if (line.type === 'message' && line.message.role === 'tool') this.pending = undefined;
  }

  private write(line: Line): void {
    appendQuietly(this.file, `${JSON.stringify(line)}\n`);
  }
}

// A process that was killed may have left half a line.
function readLines(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line) as Line] : [];
    } catch {
      return [];
    }
  });
}
