import { failure } from '../../errors/failure.ts';
import type { TurnContext } from '../runtime.ts';
import { LiveUsage } from './usage.ts';
import { parseLine, type ClaudeBlock, type ClaudeLine } from './wire.ts';

const editTools = new Set(['Edit', 'Write', 'MultiEdit', 'NotebookEdit']);
const partialEveryMs = 5000;

/** Reads the event stream of one call: normalises events, feeds the watchdog, keeps what the report needs. */
export class ClaudeStream {
  result: ClaudeLine | undefined;
  /** Text of the last assistant message. */
  lastText = '';
  model: string | null = null;
  lastRetryMs: number | undefined;
  /** Epoch milliseconds at which a used-up plan serves again, as the CLI told. */
  resetMs: number | undefined;
  /** Whether anything came, readable or not. */
  hasOutput = false;
  /** Whether the last line told that a request is under way. */
  isRequesting = false;
  readonly live = new LiveUsage();
  private readonly tools = new Map<string, string>();
  private readonly context: TurnContext;
  private readonly maxTotalTokens: number | undefined;
  private readonly keepRaw: (line: string) => void;
  private lastPartialMs = 0;

  constructor(context: TurnContext, keepRaw: (line: string) => void, maxTotalTokens?: number) {
    this.context = context;
    this.keepRaw = keepRaw;
    this.maxTotalTokens = maxTotalTokens;
  }

  push(text: string | undefined): void {
    this.hasOutput = true;
    const line = parseLine<ClaudeLine>(text);
    if (!line) {
      if (text === undefined || text.trim())
        this.context.warn(
          text === undefined ? 'claude printed a line that was too long to read' : `claude printed a line that is no JSON: ${text.slice(0, 200)}`,
        );
      return;
    }
    this.context.watchdog.touch();
    if (line.type !== 'stream_event') this.keepRaw(text!);
    this.isRequesting = line.type === 'system' && line.subtype === 'status' && line.status === 'requesting';
    try {
      this.take(line);
    } catch (error) {
      // A form that a later CLI gives its lines must not end a turn that is paid for.
      this.context.warn(`claude printed a line of a form that is not known (${(error as Error).message}): ${text!.slice(0, 200)}`);
    }
  }

  private take(line: ClaudeLine): void {
    switch (line.type) {
      case 'system':
        return this.system(line);
      case 'assistant':
        return this.assistant(line);
      case 'user':
        return this.user(line);
      case 'stream_event':
        return this.partial(line);
      case 'rate_limit_event':
        return this.limit(line);
      case 'result':
        this.result = line;
    }
  }

  private system(line: ClaudeLine): void {
    if (line.subtype === 'init') {
      this.model = line.model ?? this.model;
      this.context.events.emit('session.started', { thread_id: line.session_id, model: line.model });
    } else if (line.subtype === 'api_retry') {
      this.lastRetryMs = line.retry_delay_ms;
      const { attempt, max_retries, retry_delay_ms, error_status, error } = line;
      this.context.events.emit('model.retrying', { attempt, max_retries, retry_delay_ms, error_status, error });
      if (error_status === 401 || error_status === 403) {
        this.context.control.stop(failure('auth', `the provider refused the credentials with status ${error_status} (${error ?? 'no reason given'})`), {
          graceMs: 1000,
        });
      }
    }
  }

  private limit({ rate_limit_info: info }: ClaudeLine): void {
    this.resetMs = info?.status === 'rejected' && typeof info.resetsAt === 'number' ? info.resetsAt * 1000 : undefined;
  }

  private assistant(line: ClaudeLine): void {
    const blocks = blocksOf(line);
    const own = !line.parent_tool_use_id;
    const text = blocks
      .filter((block) => block.type === 'text')
      .map((block) => block.text ?? '')
      .join('');
    if (text && own) this.lastText = text;
    if (text) this.context.events.emit('message', { text, subagent: !own });
    if (own && line.message?.model && line.message.model !== '<synthetic>') this.model = line.message.model;
    for (const block of blocks) if (block.type === 'tool_use') this.toolStarted(block);
  }

  private toolStarted(block: ClaudeBlock): void {
    const name = block.name ?? 'unknown';
    if (block.id) this.tools.set(block.id, name);
    this.context.watchdog.tool(1);
    const { progress } = this.context.events;
    progress.tool_calls++;
    progress.last_tool = name;
    this.context.events.emit('tool.started', { id: block.id, name, input: preview(block.input) });
    if (name === 'AskUserQuestion')
      this.context.warn(`the agent asked a question that nobody can answer in this mode: ${JSON.stringify(block.input).slice(0, 500)}`);
    const path = block.input?.['file_path'] ?? block.input?.['notebook_path'];
    if (editTools.has(name) && typeof path === 'string') this.context.fileChanged(path);
  }

  private user(line: ClaudeLine): void {
    for (const block of blocksOf(line)) {
      if (block.type !== 'tool_result' || !block.tool_use_id) continue;
      const name = this.tools.get(block.tool_use_id);
      if (name === undefined) continue;
      this.tools.delete(block.tool_use_id);
      this.context.watchdog.tool(-1);
      this.context.events.emit('tool.finished', { id: block.tool_use_id, name, ok: !block.is_error });
    }
  }

  private partial(line: ClaudeLine): void {
    const counted = this.live.add(line);
    if (counted) this.countTokens();
    if (line.event?.type === 'message_delta') this.context.events.emit('model.completed', { usage: line.event.usage });
    else if (Date.now() - this.lastPartialMs > partialEveryMs) {
      this.lastPartialMs = Date.now();
      this.context.events.emit('progress');
    }
  }

  private countTokens(): void {
    const total = this.live.total();
    if (!total) return;
    Object.assign(this.context.events.progress, { input_tokens: total.input, output_tokens: total.output, total_tokens: total.total });
    if (this.maxTotalTokens !== undefined && total.total > this.maxTotalTokens) {
      this.context.control.stop(failure('budget', `the run used ${total.total} tokens, more than the limit of ${this.maxTotalTokens}`));
    }
  }
}

function blocksOf(line: ClaudeLine): ClaudeBlock[] {
  const content = line.message?.content;
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
}

function preview(input: unknown): string {
  const text = JSON.stringify(input) ?? '';
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
