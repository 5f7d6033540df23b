import type { Generation } from './generation.ts';
import type { Endpoint } from './resolve.ts';

export interface BodySettings {
  endpoint: Endpoint;
  generation: Generation;
  cacheKey: string;
  cacheRetention?: string | undefined;
  /** Merged over everything else. */
  params: Record<string, unknown>;
  /** Fields that the vendor refused in this run. */
  without: ReadonlySet<string>;
}

type Body = Record<string, unknown>;

/** A Chat Completions body as this vendor wants it, made from the plain one. */
export function chatBody(plain: Body, settings: BodySettings): Body {
  const { endpoint, generation, params, without } = settings;
  const { quirks } = endpoint;
  const body: Body = { ...plain, messages: messages(plain['messages'] as Body[], quirks.reasoning_echo) };
  for (const name of ['max_tokens', 'tool_choice', ...(quirks.drop ?? [])]) delete body[name];
  body[quirks.max_tokens_field] = generation.maxTokens;
  Object.assign(body, generation.sampling, thinkingFields(settings), quirks.extra);
  if (generation.effort !== undefined) body['reasoning_effort'] = generation.effort;
  if (quirks.cache_key) body['prompt_cache_key'] = settings.cacheKey;
  if (quirks.cache_retention && settings.cacheRetention) body['prompt_cache_retention'] = settings.cacheRetention;
  if (!body['tools']) for (const name of ['tool_stream', 'parallel_tool_calls']) delete body[name];
  for (const name of without) delete body[name];
  return defined({ ...body, ...params });
}

function thinkingFields({ endpoint, generation }: BodySettings): Body {
  const { thinking } = generation;
  if (thinking === undefined) return {};
  switch (endpoint.quirks.thinking) {
    case 'type':
      return { thinking: { type: thinking ? 'enabled' : 'disabled' } };
    case 'type_kept':
      return { thinking: { type: thinking ? 'enabled' : 'disabled', clear_thinking: false } };
    case 'off_only':
      return thinking ? {} : { thinking: { type: 'disabled' } };
    case 'enable_thinking':
      return { enable_thinking: thinking };
    default:
      return {};
  }
}

// Some vendors answer 400 when the reasoning of an earlier turn with tool calls is missing, also when there was none.
function messages(all: Body[], echo: 'tool_calls' | 'replay'): Body[] {
  if (echo === 'replay') return all;
  return all.map((one) => (one['role'] === 'assistant' && one['tool_calls'] ? { ...one, reasoning_content: one['reasoning_content'] ?? '' } : one));
}

function defined(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
