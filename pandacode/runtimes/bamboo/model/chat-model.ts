/** A piece of reasoning as the vendor gave it; it goes back in the same form. */
export interface Reasoning {
  text: string;
  /** What the vendor needs to accept it again, such as a signature. */
  metadata?: Record<string, unknown>;
}

export interface ToolCall {
  id: string;
  name: string;
  /** Parsed arguments; undefined when they are no JSON. */
  input: unknown;
  /** Arguments as they came, when they are no JSON. */
  raw?: string;
}

/** One entry of a conversation. */
export type Message =
  /** `stable` messages stand first and never change; a summary replaces what it tells of. */
  | { role: 'user'; text: string; kind: 'stable' | 'task' | 'nudge' | 'summary' }
  | { role: 'assistant'; text: string; reasoning: Reasoning[]; calls: ToolCall[] }
  | { role: 'tool'; results: { id: string; name: string; text: string }[] };

export interface ToolDefinition {
  name: string;
  description: string;
  /** JSON Schema with an object root. */
  parameters: Record<string, unknown>;
}

/** Tokens of one call; null figures were not reported. */
export interface CallUsage {
  input: number;
  output: number;
  reasoning: number;
  hit: number;
  miss: number;
  cacheWrite: number;
  /** True when the vendor said nothing, so that these are our own figures. */
  estimated: boolean;
}

export interface ChatRequest {
  system: string;
  messages: Message[];
  tools: ToolDefinition[];
  /** Instead of the configured length of the answer. */
  maxTokens?: number;
  signal: AbortSignal;
  /** Bytes of the answer came in; `isPart` = parts of it, not only signs of life. */
  onActivity(isPart?: boolean): void;
}

export interface ChatReply {
  text: string;
  reasoning: Reasoning[];
  calls: ToolCall[];
  finish: 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'other';
  /** Null: the vendor reported none. */
  usage: Omit<CallUsage, 'estimated'> | null;
  /** The model that answered, as it says. */
  model: string | null;
}

/** A model behind any protocol. `call` rejects with a `ModelError`. */
export interface ChatModel {
  call(request: ChatRequest): Promise<ChatReply>;
}
