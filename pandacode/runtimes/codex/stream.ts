import { failure, type Failure } from '../../errors/failure.ts';
import { parseLine } from '../claude/wire.ts';
import type { TurnContext } from '../runtime.ts';

/** The lines of `codex exec --json` that we look at. */
interface CodexLine {
  type?: string;
  thread_id?: string;
  message?: string;
  error?: { message?: string };
  usage?: CodexTokens;
  item?: {
    id?: string;
    type?: string;
    text?: string;
    command?: string;
    exit_code?: number | null;
    status?: string;
    changes?: { path?: string; kind?: string }[];
    server?: string;
    tool?: string;
    query?: string;
    message?: string;
  };
}

export interface CodexTokens {
  input_tokens?: number;
  cached_input_tokens?: number;
  cache_write_input_tokens?: number;
  output_tokens?: number;
  reasoning_output_tokens?: number;
}

const toolItems = new Set(['command_execution', 'mcp_tool_call', 'web_search', 'file_change']);
const networkPatienceMs = 20_000;

/** Reads the event stream of one call: normalises events, feeds the watchdog, keeps what the report needs. */
export class CodexStream {
  threadId: string | null = null;
  lastText = '';
  /** Cumulative over the thread. */
  tokens: CodexTokens | undefined;
  /** The terminal event. Nothing else ends a turn: `error` events are also printed for attempts that are retried. */
  terminal: 'completed' | 'failed' | undefined;
  failedMessage = '';
  readonly errors: string[] = [];
  /** `items`: what the model began, of any kind; none means that it answered nothing. */
  readonly counts = { items: 0, agent_messages: 0, plans: 0, questions: 0, errors: 0, warnings: 0 };
  private readonly begun = new Set<string>();
  private steps = 0;
  private readonly open = new Set<string>();
  private readonly context: TurnContext;
  private readonly maxSteps: number | undefined;
  private networkTimer: NodeJS.Timeout | undefined;

  constructor(context: TurnContext, maxSteps?: number) {
    this.context = context;
    this.maxSteps = maxSteps;
  }

  push(text: string | undefined): void {
    const line = parseLine<CodexLine>(text);
    if (!line) {
      if (text === undefined || text.trim())
        this.context.warn(
          text === undefined ? 'codex printed a line that was too long to read' : `codex printed a line that is no JSON: ${text.slice(0, 200)}`,
        );
      return;
    }
    this.context.watchdog.touch();
    try {
      this.take(line);
    } catch (error) {
      // A form that a later CLI gives its lines must not end a turn that is paid for.
      this.context.warn(`codex printed a line of a form that is not known (${(error as Error).message}): ${text!.slice(0, 200)}`);
    }
  }

  private take(line: CodexLine): void {
    switch (line.type) {
      case 'thread.started':
        this.threadId = line.thread_id ?? null;
        if (this.threadId) this.context.threadKnown(this.threadId);
        this.context.events.emit('session.started', { thread_id: this.threadId });
        return;
      case 'item.started':
      case 'item.completed':
        this.forgetNetworkWait();
        return this.item(line, line.type === 'item.completed');
      case 'turn.completed':
        this.terminal = 'completed';
        this.countTokens(line.usage);
        return;
      case 'turn.failed':
        this.terminal = 'failed';
        this.failedMessage = readable(line.error?.message ?? '');
        this.context.events.emit('model.failed', { message: this.failedMessage });
        return;
      case 'error':
        return this.error(readable(line.message ?? ''));
    }
  }

  /** A line of stderr; it proves no progress. */
  stderr(line: string): void {
    if (/waiting for network/i.test(line)) this.awaitNetwork(line);
  }

  close(): void {
    this.forgetNetworkWait();
  }

  private item(line: CodexLine, isDone: boolean): void {
    const item = line.item ?? {};
    const id = item.id ?? '';
    if (item.type !== 'error') this.counts.items = this.begun.add(id).size;
    if (toolItems.has(item.type ?? '')) {
      if (!this.open.has(id)) this.toolStarted(id, item);
      if (isDone) this.toolFinished(id, item);
    }
    if (!isDone) return;
    if (item.type === 'agent_message') {
      this.lastText = item.text ?? '';
      this.counts.agent_messages++;
      this.context.events.emit('message', { text: this.lastText });
    } else if (item.type === 'todo_list') {
      this.counts.plans++;
    } else if (item.type === 'error') {
      this.counts.warnings++;
      this.context.warn(`codex: ${item.message ?? item.text ?? 'error item without a text'}`);
    } else if (item.type === 'file_change') {
      for (const change of item.changes ?? []) {
        if (!change.path) continue;
        this.context.fileChanged(change.path);
        this.context.events.emit('file.changed', { path: change.path, kind: change.kind });
      }
    }
  }

  private toolStarted(id: string, item: NonNullable<CodexLine['item']>): void {
    this.open.add(id);
    this.context.watchdog.tool(1);
    const name = item.type === 'mcp_tool_call' ? `${item.server ?? 'mcp'}.${item.tool ?? 'tool'}` : (item.type ?? 'tool');
    const { progress } = this.context.events;
    progress.tool_calls++;
    progress.last_tool = name;
    this.context.events.emit('tool.started', { id, name, input: (item.command ?? item.query ?? '').slice(0, 500) });
    if (this.maxSteps !== undefined && ++this.steps > this.maxSteps) {
      this.context.control.stop(failure('max_turns', `the run wanted to make step ${this.steps} of at most ${this.maxSteps}`));
    }
  }

  private toolFinished(id: string, item: NonNullable<CodexLine['item']>): void {
    this.open.delete(id);
    this.context.watchdog.tool(-1);
    this.context.events.emit('tool.finished', { id, name: item.type, ok: item.status !== 'failed', exit_code: item.exit_code ?? null });
  }

  private error(message: string): void {
    this.errors.push(message);
    this.counts.errors++;
    this.context.events.emit('model.retrying', { message });
    if (/waiting for network/i.test(message)) this.awaitNetwork(message);
  }

  // The CLI would wait for ever for a network that does not come back, also without retries.
  private awaitNetwork(message: string): void {
    this.networkTimer ??= setTimeout(() => this.context.control.stop(networkLost(message)), networkPatienceMs);
  }

  private forgetNetworkWait(): void {
    clearTimeout(this.networkTimer);
    this.networkTimer = undefined;
  }

  private countTokens(tokens: CodexTokens | undefined): void {
    this.tokens = tokens;
    const input = tokens?.input_tokens ?? null;
    const output = tokens?.output_tokens ?? null;
    Object.assign(this.context.events.progress, {
      input_tokens: input,
      output_tokens: output,
      total_tokens: input === null || output === null ? null : input + output,
    });
    this.context.events.emit('model.completed', { usage: tokens });
  }
}

function networkLost(message: string): Failure {
  return failure('network', `the model endpoint cannot be reached: ${message}`);
}

/** The text of a provider error that arrives as JSON inside the message. */
export function readable(message: string): string {
  const inner = parseLine<{ error?: { message?: string }; message?: string }>(message);
  return inner?.error?.message ?? inner?.message ?? message;
}
