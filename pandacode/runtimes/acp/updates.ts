import type { SessionUpdate } from '@agentclientprotocol/sdk/unstable';
import { failure } from '../../errors/failure.ts';
import { addUsage, type Usage } from '../../usage/usage.ts';
import type { TurnContext } from '../runtime.ts';
import { pathsOf, type AskingTool } from './permission.ts';
import { acpUsage, type AcpTokens } from './usage.ts';

type ToolUpdate = Extract<SessionUpdate, { sessionUpdate: 'tool_call' | 'tool_call_update' }>;
type Chunk = Extract<SessionUpdate, { sessionUpdate: 'agent_message_chunk' }>;

interface KnownTool extends AskingTool {
  name: string;
  isOpen: boolean;
}

export interface Caps {
  maxSteps?: number;
  maxTotalTokens?: number;
  /** In USD. */
  maxCost?: number;
}

const partialEveryMs = 5000;

/** Reads the `session/update` notifications of one turn: normalises events, feeds the watchdog, keeps what the report needs. */
export class AcpUpdates {
  /** Text of the last message. */
  lastText = '';
  /** Sum of the figures that came with updates. */
  tokens: Usage | null = null;
  /** What the agent says that the session cost so far. */
  cost: { amount: number; currency: string } | null = null;
  model: string | null = null;
  readonly counts = { agent_messages: 0, plans: 0, tool_calls: 0 };
  readonly tools = new Map<string, KnownTool>();
  private message: { id: string | undefined; text: string } | undefined;
  private lastPartialMs = 0;
  private readonly context: TurnContext;
  private readonly caps: Caps;

  constructor(context: TurnContext, caps: Caps) {
    this.context = context;
    this.caps = caps;
  }

  push(update: SessionUpdate): void {
    try {
      this.take(update);
    } catch (error) {
      this.context.warn(`the agent sent an update of a form that is not known (${(error as Error).message}): ${JSON.stringify(update).slice(0, 200)}`);
    }
  }

  private take(update: SessionUpdate): void {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        return this.chunk(update);
      case 'tool_call':
      case 'tool_call_update':
        return this.tool(update);
      case 'plan':
        this.counts.plans++;
        return;
      case 'usage_update':
        return this.usage(update);
      case 'notice':
        return this.context.warn(`the agent notes: ${JSON.stringify(update).slice(0, 300)}`);
      default:
        return this.partial();
    }
  }

  /** The turn is over: the last message is complete, and no tool is open any more. */
  close(): void {
    this.finishMessage();
    for (const tool of this.tools.values()) {
      if (!tool.isOpen) continue;
      tool.isOpen = false;
      this.context.watchdog.tool(-1);
    }
  }

  private chunk(update: Chunk): void {
    const figures = (update._meta as { usage?: AcpTokens } | null | undefined)?.usage;
    if (figures) this.countTokens(figures);
    const text = update.content.type === 'text' ? update.content.text : '';
    if (!text) return;
    const id = typeof update.messageId === 'string' ? update.messageId : undefined;
    if (this.message && this.message.id !== id) this.finishMessage();
    this.message ??= { id, text: '' };
    this.message.text += text;
    this.partial();
  }

  private finishMessage(): void {
    const text = this.message?.text.trim();
    this.message = undefined;
    if (!text) return;
    this.lastText = text;
    this.counts.agent_messages++;
    this.context.events.emit('message', { text });
  }

  private tool(update: ToolUpdate): void {
    this.finishMessage();
    const { toolCallId: id } = update;
    const known = this.tools.get(id);
    const kind = update.kind ?? known?.kind;
    const tool: KnownTool = {
      name: (typeof update.name === 'string' && update.name) || known?.name || update.title || kind || 'tool',
      ...(kind ? { kind } : {}),
      paths: [...new Set([...(known?.paths ?? []), ...pathsOf(update)])],
      isOpen: known?.isOpen ?? true,
    };
    this.tools.set(id, tool);
    if (!known) this.toolStarted(id, tool, update);
    if (tool.isOpen && (update.status === 'completed' || update.status === 'failed')) this.toolFinished(id, tool, update.status === 'completed');
    else this.partial();
  }

  private toolStarted(id: string, tool: KnownTool, update: ToolUpdate): void {
    this.context.watchdog.tool(1);
    const { progress } = this.context.events;
    progress.tool_calls++;
    progress.last_tool = tool.name;
    const input = JSON.stringify(update.rawInput ?? update.title ?? '');
    this.context.events.emit('tool.started', { id, name: tool.name, kind: tool.kind, input: input.slice(0, 500) });
    const { maxSteps } = this.caps;
    if (++this.counts.tool_calls > (maxSteps ?? Infinity))
      this.context.control.stop(failure('max_turns', `the run wanted to make step ${this.counts.tool_calls} of at most ${maxSteps}`));
  }

  private toolFinished(id: string, tool: KnownTool, ok: boolean): void {
    tool.isOpen = false;
    this.context.watchdog.tool(-1);
    this.context.events.emit('tool.finished', { id, name: tool.name, ok });
    if (!ok || tool.kind !== 'edit') return;
    for (const path of tool.paths) {
      this.context.fileChanged(path);
      this.context.events.emit('file.changed', { path });
    }
  }

  private usage(update: Extract<SessionUpdate, { sessionUpdate: 'usage_update' }>): void {
    const model = update._meta?.['_claude/model'];
    if (typeof model === 'string') this.model = model;
    if (update.cost) this.cost = { amount: update.cost.amount, currency: update.cost.currency };
    const { maxCost, maxTotalTokens } = this.caps;
    // The context in use is less than all tokens of the run, so that the cap is over at the latest here.
    if (maxTotalTokens !== undefined && update.used > maxTotalTokens)
      this.context.control.stop(failure('budget', `the conversation holds ${update.used} tokens, more than the limit of ${maxTotalTokens}`));
    if (maxCost !== undefined && this.cost?.currency === 'USD' && this.cost.amount > maxCost)
      this.context.control.stop(failure('budget', `the agent counts ${this.cost.amount} USD, more than the limit of ${maxCost}`));
    this.partial();
  }

  private countTokens(figures: AcpTokens): void {
    const call = acpUsage(figures);
    if (!call) return;
    this.tokens = addUsage(this.tokens, call);
    const { input, output, total } = this.tokens!;
    Object.assign(this.context.events.progress, { input_tokens: input, output_tokens: output, total_tokens: total });
    this.context.events.emit('model.completed', { usage: figures });
    if (this.caps.maxTotalTokens !== undefined && total > this.caps.maxTotalTokens)
      this.context.control.stop(failure('budget', `the run used ${total} tokens, more than the limit of ${this.caps.maxTotalTokens}`));
  }

  private partial(): void {
    if (Date.now() - this.lastPartialMs < partialEveryMs) return;
    this.lastPartialMs = Date.now();
    this.context.events.emit('progress');
  }
}
