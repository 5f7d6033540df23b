/** The lines of `--output-format stream-json` that we look at; all other fields and types are ignored. */
export interface ClaudeLine {
  type?: string;
  subtype?: string;
  session_id?: string;
  parent_tool_use_id?: string | null;
  model?: string;
  // system/status
  status?: string | null;
  // system/api_retry
  attempt?: number;
  max_retries?: number;
  retry_delay_ms?: number;
  error_status?: number | null;
  // rate_limit_event; resetsAt in epoch seconds
  rate_limit_info?: { status?: string; resetsAt?: number; rateLimitType?: string };
  // assistant, user
  message?: { id?: string; model?: string; content?: ClaudeBlock[] | string; usage?: ClaudeTokens };
  // stream_event
  event?: { type?: string; message?: { id?: string; usage?: ClaudeTokens }; usage?: ClaudeTokens };
  // result
  is_error?: boolean;
  result?: string;
  structured_output?: unknown;
  num_turns?: number;
  total_cost_usd?: number;
  usage?: ClaudeTokens;
  modelUsage?: Record<string, ClaudeModelUsage>;
  model_usage_since_last_result?: Record<string, ClaudeModelUsage>;
  permission_denials?: { tool_name?: string; tool_input?: unknown }[];
  terminal_reason?: string;
  stop_reason?: string | null;
  api_error_status?: number | null;
  api_error_type?: string;
  api_error?: string;
  error?: string;
  errors?: string[];
}

export interface ClaudeBlock {
  type?: string;
  id?: string;
  name?: string;
  input?: Record<string, unknown>;
  text?: string;
  tool_use_id?: string;
  is_error?: boolean;
}

export interface ClaudeTokens {
  input_tokens?: number;
  output_tokens?: number;
  cache_read_input_tokens?: number;
  cache_creation_input_tokens?: number;
}

export interface ClaudeModelUsage {
  inputTokens?: number;
  outputTokens?: number;
  cacheReadInputTokens?: number;
  cacheCreationInputTokens?: number;
  thinkingTokens?: number;
  costUSD?: number;
  costBasis?: string;
}

/** Parses one line of stdout; undefined for anything but a JSON object. */
export function parseLine<T extends object>(line: string | undefined): T | undefined {
  if (!line?.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}
