import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Effort } from '../../../pandacode/runtimes/runtime.ts';
import { createChatModel } from '../../../pandacode/runtimes/bamboo/model/ai-adapter.ts';
import type { Message } from '../../../pandacode/runtimes/bamboo/model/chat-model.ts';
import { bambooDefaults, type BambooOptions } from '../../../pandacode/runtimes/bamboo/options.ts';
import { loadCatalogue } from '../../../pandacode/runtimes/bamboo/providers/catalogue.ts';
import { generationFor } from '../../../pandacode/runtimes/bamboo/providers/generation.ts';
import { resolveEndpoint } from '../../../pandacode/runtimes/bamboo/providers/resolve.ts';
import { startFakeLlm, type FakeLlm } from '../../support/fake-llm/fake-llm.mjs';

let server: FakeLlm;
beforeAll(async () => {
  server = await startFakeLlm();
});
afterAll(() => server.close());

const conversation: Message[] = [
  { role: 'user', kind: 'stable', text: 'context' },
  { role: 'user', kind: 'task', text: 'task' },
  {
    role: 'assistant',
    text: 'I look.',
    reasoning: [{ text: 'thought', metadata: { anthropic: { signature: 'c2ln' } } }],
    calls: [{ id: 'c1', name: 'bash', input: { cmd: 'ls' } }],
  },
  { role: 'tool', results: [{ id: 'c1', name: 'bash', text: 'a.txt' }] },
  { role: 'assistant', text: '', reasoning: [], calls: [{ id: 'c2', name: 'bash', input: undefined, raw: '{"cmd"' }] },
  { role: 'tool', results: [{ id: 'c2', name: 'bash', text: 'no JSON' }] },
];
const tools = [{ name: 'bash', description: 'Run a command.', parameters: { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] } }];
const sentTools = [{ type: 'function', function: { name: 'bash', description: 'Run a command.', parameters: tools[0]!.parameters } }];

/** Sends one request and gives what arrived. */
async function sent(provider: string, model: string | undefined, effort: Effort, more: Partial<BambooOptions> = {}, messages = conversation) {
  const catalogue = loadCatalogue(undefined, '/nowhere');
  const key = `${provider.toUpperCase()}_API_KEY`;
  const env = { [key]: 'k-test', [key.replace('API_KEY', 'BASE_URL')]: `${server.url}/${provider}/v1` };
  const endpoint = resolveEndpoint({ provider, model }, catalogue, env, {});
  const options = { ...bambooDefaults, ...more };
  const chat = createChatModel({
    endpoint,
    generation: generationFor(endpoint, effort, options),
    cacheKey: 'bamboo-0123456789abcdef',
    cacheRetention: more.cacheRetention,
    params: options.params,
  });
  await chat.call({ system: 'system', messages, tools, signal: AbortSignal.timeout(10_000), onActivity: () => undefined });
  const request = server.requests.findLast((one) => one.url.startsWith(`/${provider}/`))!;
  return { body: request.body, headers: request.headers, url: request.url };
}

const common = { stream: true, stream_options: { include_usage: true }, tools: sentTools };

/** The conversation as Chat Completions messages. */
function messages(echo: 'tool_calls' | 'replay') {
  const call = (id: string, args: string) => [{ id, type: 'function', function: { name: 'bash', arguments: args } }];
  return [
    { role: 'system', content: 'system' },
    { role: 'user', content: 'context' },
    { role: 'user', content: 'task' },
    { role: 'assistant', content: 'I look.', reasoning_content: 'thought', tool_calls: call('c1', '{"cmd":"ls"}') },
    { role: 'tool', tool_call_id: 'c1', content: 'a.txt' },
    { role: 'assistant', content: null, ...(echo === 'tool_calls' ? { reasoning_content: '' } : {}), tool_calls: call('c2', '{"invalid_json":"{\\"cmd\\""}') },
    { role: 'tool', tool_call_id: 'c2', content: 'no JSON' },
  ];
}

const zhipuThinking = { type: 'enabled', clear_thinking: false };
const key = { prompt_cache_key: 'bamboo-0123456789abcdef' };

// One row per provider, model and effort: what the body holds beside the common parts.
const rows: [provider: string, model: string, effort: Effort, echo: 'tool_calls' | 'replay', fields: Record<string, unknown>][] = [
  ...(['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const).map((effort) => {
    const word = { minimal: 'low', low: 'low', medium: 'high', high: 'high', xhigh: 'max', max: 'max' }[effort];
    return [
      'deepseek',
      'deepseek-flash',
      effort,
      'tool_calls',
      { max_tokens: 16384, thinking: { type: 'enabled' }, reasoning_effort: word },
    ] as (typeof rows)[number];
  }),
  ['deepseek', 'deepseek-v4-pro', 'none', 'tool_calls', { max_tokens: 16384, thinking: { type: 'disabled' } }],
  ['xiaomi', 'mimo-v2.6-pro', 'high', 'tool_calls', { max_completion_tokens: 16384, thinking: { type: 'enabled' } }],
  ['xiaomi', 'mimo-v2.6-pro', 'none', 'tool_calls', { max_completion_tokens: 16384, thinking: { type: 'disabled' } }],
  ['kimi', 'kimi-k3.1-pro', 'high', 'tool_calls', { max_completion_tokens: 16384, reasoning_effort: 'high', ...key }],
  ['kimi', 'kimi-k3', 'max', 'tool_calls', { max_completion_tokens: 16384, reasoning_effort: 'max', ...key }],
  ['kimi', 'kimi-k2.7-code', 'low', 'replay', { max_completion_tokens: 16384, ...key }],
  ['kimi', 'kimi-k2.6', 'high', 'replay', { max_completion_tokens: 16384, ...key }],
  ['kimi', 'kimi-k2.6', 'none', 'replay', { max_completion_tokens: 16384, thinking: { type: 'disabled' }, ...key }],
  ['zhipu', 'glm-5.3', 'medium', 'replay', { max_tokens: 16384, thinking: zhipuThinking, reasoning_effort: 'high', tool_stream: true }],
  ['zhipu', 'glm-5.3', 'low', 'replay', { max_tokens: 16384, thinking: zhipuThinking, reasoning_effort: 'low', tool_stream: true }],
  ['zhipu', 'glm-5.2', 'low', 'replay', { max_tokens: 16384, thinking: zhipuThinking, reasoning_effort: 'high', tool_stream: true }],
  ['zhipu', 'glm-5.2', 'max', 'replay', { max_tokens: 16384, thinking: zhipuThinking, reasoning_effort: 'max', tool_stream: true }],
  ['zhipu', 'glm-5.1', 'high', 'replay', { max_tokens: 16384, thinking: zhipuThinking, tool_stream: true }],
  ['zhipu', 'glm-5.3', 'none', 'replay', { max_tokens: 16384, thinking: { type: 'disabled', clear_thinking: false }, tool_stream: true }],
  ['minimax', 'MiniMax-M3', 'max', 'replay', { max_completion_tokens: 16384 }],
  ['minimax', 'MiniMax-M3', 'none', 'replay', { max_completion_tokens: 16384, thinking: { type: 'disabled' } }],
  ['minimax', 'MiniMax-M2.7', 'none', 'replay', { max_completion_tokens: 16384 }],
  ['qwen', 'qwen3.8-max', 'low', 'replay', { max_tokens: 16384, enable_thinking: true, reasoning_effort: 'low' }],
  ['qwen', 'qwen3.8-max', 'high', 'replay', { max_tokens: 16384, enable_thinking: true, reasoning_effort: 'medium' }],
  ['qwen', 'qwen3.8-max', 'max', 'replay', { max_tokens: 16384, enable_thinking: true, reasoning_effort: 'xhigh' }],
  ['qwen', 'qwen3.7-max', 'max', 'replay', { max_tokens: 16384, enable_thinking: true }],
  ['qwen', 'qwen3.8-max', 'none', 'replay', { max_tokens: 16384, enable_thinking: false }],
  ['stepfun', 'step-5-preview', 'none', 'replay', { max_tokens: 16384, reasoning_effort: 'low' }],
  ['stepfun', 'step-5-preview', 'medium', 'replay', { max_tokens: 16384, reasoning_effort: 'medium' }],
  ['stepfun', 'step-5-preview', 'xhigh', 'replay', { max_tokens: 16384, reasoning_effort: 'high' }],
  ['openai', 'gpt-4o-mini', 'high', 'replay', { max_tokens: 16384, ...key }],
  ['openai', 'gpt-5.5', 'max', 'replay', { max_completion_tokens: 16384, reasoning_effort: 'xhigh', ...key }],
];

describe('requests of the vendors, byte for byte what is meant', () => {
  it.each(rows)('PC-QUIRK-01 PC-QUIRK-02 PC-QUIRK-03 %s %s with effort %s', async (provider, model, effort, echo, fields) => {
    const { body, headers, url } = await sent(provider, model, effort);
    expect(body).toEqual({ model, messages: messages(echo), ...common, ...fields });
    expect(url).toBe(`/${provider}/v1/chat/completions`);
    expect(headers).toMatchObject({ authorization: 'Bearer k-test', 'content-type': 'application/json' });
    expect(headers['api-key']).toBe(provider === 'xiaomi' ? 'k-test' : undefined);
  });

  it.each([
    ['low', 1024],
    ['medium', 2048],
    ['high', 4096],
    ['xhigh', 8192],
    ['max', 8192],
    ['none', undefined],
  ] as [Effort, number | undefined][])('PC-QUIRK-01 anthropic with effort %s', async (effort, budget) => {
    const { body, headers, url } = await sent('anthropic', 'claude-sonnet-4-5', effort);
    const cache_control = { type: 'ephemeral' };
    expect(body).toEqual({
      model: 'claude-sonnet-4-5',
      max_tokens: 16384 + (budget ?? 0),
      stream: true,
      ...(budget ? { thinking: { type: 'enabled', budget_tokens: budget } } : {}),
      system: [{ type: 'text', text: 'system', cache_control }],
      tools: [{ name: 'bash', description: 'Run a command.', input_schema: tools[0]!.parameters }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'context', cache_control },
            { type: 'text', text: 'task' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'thought', signature: 'c2ln' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'c1', name: 'bash', input: { cmd: 'ls' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'a.txt' }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c2', name: 'bash', input: { invalid_json: '{"cmd"' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c2', content: 'no JSON' }] },
      ],
    });
    expect(url).toBe('/anthropic/v1/messages');
    expect(headers).toMatchObject({ 'x-api-key': 'k-test', 'anthropic-version': '2023-06-01' });
  });

  it('PC-PROV-07 PC-PROV-08 length, sampling and parameters come from the flags, parameters last', async () => {
    const asked = { maxTokens: 99, temperature: 0.3, topP: 0.9, stop: ['END'], params: { top_p: 0.5, tool_choice: 'auto', user: 'me' } };
    const { body } = await sent('stepfun', undefined, 'high', asked);
    expect(body).toMatchObject({ max_tokens: 99, temperature: 0.3, top_p: 0.5, stop: ['END'], tool_choice: 'auto', user: 'me' });
    const thinking = await sent('deepseek', undefined, 'high', asked);
    expect(thinking.body['temperature']).toBeUndefined();
    const quiet = await sent('deepseek', undefined, 'high', { ...asked, thinking: 'disabled' });
    expect(quiet.body).toMatchObject({ temperature: 0.3, thinking: { type: 'disabled' } });
    expect(quiet.body['reasoning_effort']).toBeUndefined();
  });

  it('PC-QUIRK-01 kimi takes no sampling: its own values are left out, others are refused before the request', async () => {
    const { body } = await sent('kimi', 'kimi-k2.6', 'high', { temperature: 0.6, topP: 0.95 });
    expect([body['temperature'], body['top_p']]).toEqual([undefined, undefined]);
    const before = server.requests.length;
    await expect(sent('kimi', 'kimi-k2.6', 'high', { temperature: 0.7 })).rejects.toThrow('fixes temperature of kimi-k2.6 at 0.6');
    expect(server.requests.length).toBe(before);
  });

  it('PC-QUIRK-01 openai takes the retention of the cache', async () => {
    expect((await sent('openai', 'gpt-5.5', 'high', { cacheRetention: '24h' })).body).toMatchObject({ prompt_cache_retention: '24h' });
    expect((await sent('kimi', undefined, 'high', { cacheRetention: '24h' })).body['prompt_cache_retention']).toBeUndefined();
  });

  it('PC-QUIRK-01 zhipu: a field that it refuses is left out from then on', async () => {
    const refusal = { turns: [{ error: { status: 400, message: 'Unknown parameter: stream_options' } }] };
    const asking: Message[] = [{ role: 'user', kind: 'task', text: `<fake-llm>${JSON.stringify(refusal)}</fake-llm>` }];
    const before = server.requests.length;
    await expect(sent('zhipu', 'glm-5.3', 'high', {}, asking)).rejects.toThrow('stream_options');
    const [first, second] = server.requests.slice(before).map((one) => one.body);
    expect([first!['stream_options'], second!['stream_options']]).toEqual([{ include_usage: true }, undefined]);
    expect(server.requests.length - before).toBe(2);
  });

  it('PC-PROV-09 requests of a process share a connection', async () => {
    const connections = new Set<unknown>();
    const own = await startFakeLlm();
    const env = { DEEPSEEK_API_KEY: 'k', DEEPSEEK_BASE_URL: own.url };
    const endpoint = resolveEndpoint({}, loadCatalogue(undefined, '/nowhere'), env, {});
    (own as FakeLlm & { server: Server }).server.on('connection', (socket) => connections.add(socket));
    const chat = createChatModel({ endpoint, generation: generationFor(endpoint, 'high', bambooDefaults), cacheKey: 'k', params: {} });
    for (let call = 0; call < 8; call++)
      await chat.call({ system: 's', messages: conversation, tools, signal: AbortSignal.timeout(5000), onActivity: () => undefined });
    await own.close();
    // A second one is opened when the first is still being handed back.
    expect(own.requests.length).toBe(8);
    expect(connections.size).toBeLessThanOrEqual(2);
  });
});
