// The one file that knows the model library. It is imported when a bamboo run starts, and never by the other runtimes.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, streamText, tool, type LanguageModel, type ModelMessage, type TextStreamPart, type ToolSet } from 'ai';
import { chatBody, type BodySettings } from '../providers/request-body.ts';
import { requestUrl } from '../providers/request-url.ts';
import { chatUsage, messagesUsage } from './call-usage.ts';
import type { ChatModel, ChatReply, ChatRequest, Message, Reasoning } from './chat-model.ts';
import { answerError, connectionError, httpError, ModelError, streamError } from './model-error.ts';

export type AdapterSettings = Omit<BodySettings, 'without'> & {
  /** Sends the requests. Default: Node's own client. */
  fetch?: typeof fetch;
};
type CallSettings = BodySettings & AdapterSettings;

type Json = null | string | number | boolean | Json[] | { [key: string]: Json };
type Part = TextStreamPart<ToolSet>;

// Remarks on requests belong into the report, if anywhere, and never on a terminal.
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

/** The model of an endpoint, streaming, without retries of its own. Fields that the vendor refuses once are left out from then on. */
export function createChatModel(settings: AdapterSettings): ChatModel {
  const without = new Set<string>();
  return {
    async call(request) {
      for (;;) {
        try {
          return await callOnce(request, { ...settings, without });
        } catch (error) {
          const refused = error instanceof ModelError && error.status === 400 ? refusedField(error.message, settings, without) : undefined;
          if (refused === undefined) throw error;
          without.add(refused);
        }
      }
    },
  };
}

function refusedField(message: string, { endpoint }: AdapterSettings, without: ReadonlySet<string>): string | undefined {
  const open = endpoint.quirks.droppable?.filter((name) => !without.has(name)) ?? [];
  return open.find((name) => message.includes(name));
}

async function callOnce(request: ChatRequest, settings: CallSettings): Promise<ChatReply> {
  const generation = request.maxTokens === undefined ? settings.generation : { ...settings.generation, maxTokens: request.maxTokens };
  const own = { ...settings, generation };
  const isMessages = settings.endpoint.provider.api === 'messages';
  const model = isMessages ? messagesModel(own, request.onActivity) : chatModel(own, request.onActivity);
  const tools: ToolSet = Object.fromEntries(
    request.tools.map((one) => [one.name, tool({ description: one.description, inputSchema: jsonSchema(one.parameters) })]),
  );
  const result = streamText({
    model,
    system: { role: 'system', content: request.system, ...(isMessages ? cached : {}) },
    messages: request.messages.flatMap((message) => toLibrary(message, isMessages)),
    tools,
    maxOutputTokens: generation.maxTokens,
    ...(isMessages ? { providerOptions: { anthropic: anthropicOptions(own) } } : {}),
    maxRetries: 0,
    abortSignal: request.signal,
    onError: () => undefined,
  });
  return collect(result.fullStream, request, settings);
}

async function collect(parts: AsyncIterable<Part>, request: ChatRequest, { endpoint }: BodySettings): Promise<ChatReply> {
  const reply: ChatReply = { text: '', reasoning: [], calls: [], finish: 'other', usage: null, model: null };
  const open = new Map<string, Reasoning>();
  let hasEnded = false;
  try {
    for await (const part of parts) {
      request.onActivity(true);
      if (part.type === 'error') throw part.error;
      if (part.type === 'abort') break;
      if (part.type === 'finish-step') {
        hasEnded = true;
        reply.finish = finishOf(part.finishReason);
        reply.usage = endpoint.provider.api === 'messages' ? messagesUsage(part.usage.raw) : chatUsage(part.usage.raw);
        reply.model = part.response.modelId;
      } else add(reply, open, part);
    }
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    throw asModelError(error, endpoint.key);
  }
  if (request.signal.aborted) throw request.signal.reason;
  if (!hasEnded) throw connectionError('the connection broke off before the end of the answer');
  reply.reasoning = reply.reasoning.filter((one) => one.text !== '' || one.metadata);
  return reply;
}

function add(reply: ChatReply, open: Map<string, Reasoning>, part: Part): void {
  switch (part.type) {
    case 'text-delta':
      reply.text += part.text;
      return;
    case 'reasoning-start':
    case 'reasoning-delta':
    case 'reasoning-end': {
      let reasoning = open.get(part.id);
      if (!reasoning || part.type === 'reasoning-start') {
        reasoning = { text: '' };
        open.set(part.id, reasoning);
        reply.reasoning.push(reasoning);
      }
      if (part.type === 'reasoning-delta') reasoning.text += part.text;
      if (part.providerMetadata && Object.keys(part.providerMetadata).length > 0) reasoning.metadata = { ...reasoning.metadata, ...part.providerMetadata };
      return;
    }
    case 'tool-call': {
      const isBroken = 'invalid' in part && part.invalid === true && typeof part.input === 'string';
      reply.calls.push({
        id: part.toolCallId,
        name: part.toolName,
        input: isBroken ? undefined : part.input,
        ...(isBroken ? { raw: String(part.input) } : {}),
      });
    }
  }
}

const cached = { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } };

function toLibrary(message: Message, isMessages: boolean): ModelMessage[] {
  if (message.role === 'user')
    return [{ role: 'user', content: [{ type: 'text', text: message.text }], ...(isMessages && message.kind === 'stable' ? cached : {}) }];
  if (message.role === 'tool')
    return [
      {
        role: 'tool',
        content: message.results.map(({ id, name, text }) => ({ type: 'tool-result', toolCallId: id, toolName: name, output: { type: 'text', value: text } })),
      },
    ];
  const content = [
    ...message.reasoning.map(({ text, metadata }) => ({
      type: 'reasoning' as const,
      text,
      ...(metadata ? { providerOptions: metadata as Record<string, { [key: string]: Json }> } : {}),
    })),
    ...(message.text ? [{ type: 'text' as const, text: message.text }] : []),
    // Arguments that were no JSON go back as an object: some vendors parse what they are sent.
    ...message.calls.map(({ id, name, input, raw }) => ({
      type: 'tool-call' as const,
      toolCallId: id,
      toolName: name,
      input: raw === undefined ? input : { invalid_json: raw },
    })),
  ];
  return content.length > 0 ? [{ role: 'assistant', content }] : [];
}

function chatModel(settings: CallSettings, onActivity: () => void): LanguageModel {
  const { endpoint, fetch: send = fetch } = settings;
  const url = requestUrl(endpoint.baseUrl, endpoint.name);
  const key = endpoint.key ?? '';
  return createOpenAICompatible({
    name: endpoint.name,
    baseURL: endpoint.baseUrl,
    apiKey: key,
    ...(endpoint.quirks.key_header ? { headers: { [endpoint.quirks.key_header]: key } } : {}),
    includeUsage: true,
    fetch: async (_, init) => checked(watched(await send(url, init), onActivity)),
    transformRequestBody: (body) => chatBody(body, settings),
  })(endpoint.model);
}

function messagesModel(settings: CallSettings, onActivity: () => void): LanguageModel {
  const { endpoint, generation, params, fetch: send = fetch } = settings;
  const baseURL = /\/v\d+$/.test(endpoint.baseUrl) ? endpoint.baseUrl : `${endpoint.baseUrl}/v1`;
  return createAnthropic({
    baseURL,
    apiKey: endpoint.key ?? '',
    fetch: async (url, init) => {
      const { tool_choice: _, ...body } = JSON.parse(init?.body as string) as Record<string, unknown>;
      const { stop, ...sampling } = generation.sampling;
      const headers = new Headers(init?.headers);
      // The library asks for features under test that nobody uses here, and that other vendors of this protocol do not know.
      headers.delete('anthropic-beta');
      const answer = await send(url, {
        ...init,
        headers: Object.fromEntries(headers),
        body: JSON.stringify({ ...body, ...sampling, ...(stop ? { stop_sequences: stop } : {}), ...params }),
      });
      return checked(watched(answer, onActivity));
    },
  })(endpoint.model);
}

function anthropicOptions({ generation }: BodySettings): { [key: string]: Json } {
  // Without a field that only the vendor itself knows: others speak this protocol too.
  const plain = { toolStreaming: false };
  return generation.thinking && typeof generation.effort === 'number' ? { ...plain, thinking: { type: 'enabled', budgetTokens: generation.effort } } : plain;
}

/** An answer that tells of every byte, also of comments that vendors send to keep a connection open. */
function watched(response: Response, onActivity: () => void): Response {
  onActivity();
  if (!response.body) return response;
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        onActivity();
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
}

/** The answer as it is; rejects when it is no stream but an error that a vendor sends under status 200. */
async function checked(response: Response): Promise<Response> {
  if (response.status !== 200 || !/^application\/json\b/i.test(response.headers.get('content-type') ?? '')) return response;
  const body = await response.text();
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Not even JSON: what reads the stream says so.
  }
  const problem = answerError(value);
  if (problem) throw problem;
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
}

function finishOf(reason: string): ChatReply['finish'] {
  if (reason === 'tool-calls') return 'tool_calls';
  if (reason === 'content-filter') return 'content_filter';
  return reason === 'stop' || reason === 'length' ? reason : 'other';
}

function asModelError(error: unknown, key: string | undefined): ModelError {
  if (error instanceof ModelError) return error;
  if (!(error instanceof Error)) return streamError(error);
  const { statusCode, responseHeaders, responseBody } = error as { statusCode?: number; responseHeaders?: Record<string, string>; responseBody?: string };
  if (statusCode !== undefined && statusCode >= 400)
    return httpError({ status: statusCode, headers: responseHeaders ?? {}, body: withoutKey(responseBody ?? '', key) });
  if (error.name === 'AI_TypeValidationError' || error.name === 'AI_JSONParseError')
    return answerError((error as { value?: unknown }).value) ?? connectionError(`the answer is not what the protocol demands: ${error.message.slice(0, 300)}`);
  return connectionError(`${error.message}${rootOf(error)}`);
}

// What a client says of a connection is general; the cause below tells which.
function rootOf(error: Error): string {
  let root: unknown = error;
  for (let depth = 0; depth < 8 && root instanceof Error && root.cause instanceof Error; depth++) root = root.cause;
  const { code, message } = root as Error & { code?: string };
  const isNew = root !== error && !error.message.includes(message);
  return [isNew ? message : '', code && !message.includes(code) ? code : '']
    .filter(Boolean)
    .map((part) => ` (${part})`)
    .join('');
}

// Some vendors repeat the key that they refuse, and keys have many forms.
function withoutKey(text: string, key: string | undefined): string {
  return key && key.length >= 8 ? text.replaceAll(key, '***') : text;
}
