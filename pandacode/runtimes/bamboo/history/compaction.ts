import type { Message } from '../model/chat-model.ts';
import { estimateMessages } from './estimate.ts';

export interface CompactionLimits {
  /** Tokens above which a conversation is shortened. */
  thresholdTokens: number;
  /** Messages at the end that stay as they are. */
  keepLast: number;
}

export interface Compacted {
  messages: Message[];
  how: 'summary' | 'digest';
}

const sourceLimit = 240_000;
const mostFailures = 3;
const keptSummaries = 8;
const tailShare = 0.8;

/** Tokens above which a conversation is shortened: explicit, else what the window leaves after a reserve. */
export function compactionThreshold(about: { explicit?: number | undefined; context: number | undefined; reserve: number; maxTokens: number }): number {
  if (about.explicit !== undefined) return about.explicit;
  const reserve = Math.max(about.reserve, 2 * about.maxTokens, 32_000);
  return Math.max(8000, Math.min(160_000, (about.context ?? 128_000) - reserve));
}

/** Shortens conversations: the middle becomes a summary by the model, or, when that keeps failing, a list of steps. */
export class Compactor {
  private failures = 0;
  private readonly limits: CompactionLimits;

  constructor(limits: CompactionLimits) {
    this.limits = limits;
  }

  /**
   * The shorter messages; undefined when there is nothing to shorten. The third failure in a row no longer throws: from then
   * on the steps are listed without the model.
   *
   * @param overheadTokens what the request holds beside the messages
   * @param summarise asks the model; rejects or gives an empty text when it cannot
   */
  async compact(messages: Message[], overheadTokens: number, summarise: (source: string) => Promise<string>): Promise<Compacted | undefined> {
    const { head, middle, tail } = split(messages, this.limits, overheadTokens);
    if (middle.length === 0) return undefined;
    const earlier = middle.filter((one) => one.role === 'user' && one.kind === 'summary').slice(-(keptSummaries - 1));
    // A session that was continued has further tasks; the present one stays.
    const task = tail.some((one) => one.role === 'user' && one.kind === 'task')
      ? []
      : middle.filter((one) => one.role === 'user' && one.kind === 'task').slice(-1);
    if (this.failures < mostFailures) {
      try {
        const text = await summarise(source(middle));
        if (!text.trim()) throw new Error('the summary is empty');
        this.failures = 0;
        return { messages: [...head, ...earlier, summary(text), ...task, ...tail], how: 'summary' };
      } catch (error) {
        if (++this.failures < mostFailures) throw error;
      }
    }
    return { messages: [...head, ...earlier, summary(digest(middle)), ...task, ...tail], how: 'digest' };
  }
}

/** What the model is asked for a summary. */
export const summaryRequest =
  'Summarise the work below for an agent that goes on with it and sees nothing else of it: what the task demands, what was found, which files were ' +
  'changed and how, what was decided and why, what failed, and what is left to do. Keep paths, names, commands and numbers exact. Answer with the summary alone.';

/**
 * The parts of a conversation: what stands first and stays (stable messages and the task), the middle, and the end that is
 * kept. The end is halved until it is small enough, and never begins between a tool call and its results.
 */
export function split(
  messages: Message[],
  { keepLast, thresholdTokens }: CompactionLimits,
  overheadTokens: number,
): { head: Message[]; middle: Message[]; tail: Message[] } {
  const task = messages.findIndex((one) => one.role === 'user' && one.kind === 'task');
  const headEnd = task < 0 ? 0 : task + 1;
  const head = messages.slice(0, headEnd);
  const rest = messages.slice(headEnd);
  const room = thresholdTokens * tailShare - overheadTokens - estimateMessages(head);
  let keep = Math.min(keepLast, rest.length);
  let from = startOfTail(rest, rest.length - keep);
  while (keep > 1 && estimateMessages(rest.slice(from)) > room) {
    keep = Math.floor(keep / 2);
    from = startOfTail(rest, rest.length - keep);
  }
  return { head, middle: rest.slice(0, from), tail: rest.slice(from) };
}

// A tool message belongs to the assistant message before it.
function startOfTail(messages: Message[], from: number): number {
  let at = Math.max(0, from);
  while (at < messages.length && messages[at]!.role === 'tool') at--;
  return Math.max(0, at);
}

function summary(text: string): Message {
  return { role: 'user', kind: 'summary', text: `Summary of earlier work on this task:\n${text}` };
}

function source(middle: Message[]): string {
  const whole = middle.map(asText).join('\n\n');
  if (whole.length <= sourceLimit) return whole;
  return `(The oldest ${whole.length - sourceLimit} characters were left out.)\n${whole.slice(-sourceLimit)}`;
}

function asText(message: Message): string {
  if (message.role === 'user') return `[${message.kind}]\n${message.text}`;
  if (message.role === 'tool') return message.results.map((one) => `[result of ${one.name}]\n${one.text.slice(0, 6000)}`).join('\n');
  const calls = message.calls.map((one) => `[call of ${one.name}] ${JSON.stringify(one.input ?? one.raw ?? {}).slice(0, 4000)}`);
  return ['[assistant]', message.text, ...calls].filter(Boolean).join('\n');
}

/** The steps of a conversation in a line each, made without the model. */
function digest(middle: Message[]): string {
  const lines = middle.flatMap((message) => {
    if (message.role === 'assistant')
      return [
        ...(message.text ? [`said: ${message.text.replace(/\s+/g, ' ').slice(0, 200)}`] : []),
        ...message.calls.map((one) => `called ${one.name} ${JSON.stringify(one.input ?? {}).slice(0, 200)}`),
      ];
    if (message.role === 'tool') return message.results.map((one) => `${one.name}: ${/"message":"([^"]{0,160})/.exec(one.text)?.[1] ?? 'done'}`);
    return message.kind === 'summary' ? [] : [`was told: ${message.text.replace(/\s+/g, ' ').slice(0, 200)}`];
  });
  const shown = lines.slice(-200);
  return `(Made without the model.)\n${lines.length > shown.length ? `(${lines.length - shown.length} older steps were left out.)\n` : ''}${shown.map((line) => `- ${line}`).join('\n')}`;
}
