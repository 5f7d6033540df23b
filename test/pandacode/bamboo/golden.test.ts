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

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
type Row = [provider: string, model: string, effort: Effort, echo: 'tool_calls' | 'replay', fields: Record<string, unknown>];

/** The rows of one model: `words` are its `reasoning_effort` by the order of `efforts` (`-` = none is sent), `thinking` what it says beside with thinking on and off. */
function model(
  provider: string,
  name: string,
  echo: 'tool_calls' | 'replay',
  words: string,
  common: object,
  thinking: { on?: object; off?: object } = {},
): Row[] {
  const list = words.split(' ');
  return efforts.map((effort, at) => {
    const word = list[at] === '-' ? {} : { reasoning_effort: list[at] };
    return [provider, name, effort, echo, { ...common, ...(effort === 'none' ? thinking.off : thinking.on), ...word }];
  });
}

const plain = { max_tokens: 16384 };
const completion = { max_completion_tokens: 16384 };
const type = { on: { thinking: { type: 'enabled' } }, off: { thinking: { type: 'disabled' } } };
const kept = { on: { thinking: { type: 'enabled', clear_thinking: false } }, off: { thinking: { type: 'disabled', clear_thinking: false } } };
const enabled = { on: { enable_thinking: true }, off: { enable_thinking: false } };
const offOnly = { off: { thinking: { type: 'disabled' } } };
const key = { prompt_cache_key: 'bamboo-0123456789abcdef' };

// What the body holds beside the common parts: every vendor with every effort, and the models that differ from their vendor's default.
const rows: Row[] = [
  // Efforts:                                          none minimal low medium high xhigh max
  ...model('deepseek', 'deepseek-flash', 'tool_calls', '- low low high high max max', plain, type),
  ...model('deepseek', 'deepseek-v4-pro', 'tool_calls', '- low low high high max max', plain, type),
  ...model('xiaomi', 'mimo-v2.6-pro', 'tool_calls', '- - - - - - -', completion, type),
  ...model('kimi', 'kimi-k3.1-pro', 'tool_calls', 'low low low high high max max', { ...completion, ...key }),
  ...model('kimi', 'kimi-k3', 'tool_calls', 'low low low high high max max', { ...completion, ...key }),
  ...model('kimi', 'kimi-k2.7-code', 'replay', '- - - - - - -', { ...completion, ...key }),
  ...model('kimi', 'kimi-k2.6', 'replay', '- - - - - - -', { ...completion, ...key }, offOnly),
  ...model('zhipu', 'glm-5.3', 'replay', '- low low high high max max', { ...plain, tool_stream: true }, kept),
  ...model('zhipu', 'glm-5.2', 'replay', '- high high high high max max', { ...plain, tool_stream: true }, kept),
  ...model('zhipu', 'glm-5.1', 'replay', '- - - - - - -', { ...plain, tool_stream: true }, kept),
  ...model('minimax', 'MiniMax-M3', 'replay', '- - - - - - -', completion, offOnly),
  ...model('minimax', 'MiniMax-M2.7', 'replay', '- - - - - - -', completion),
  ...model('qwen', 'qwen3.8-max', 'replay', '- low low medium medium xhigh xhigh', plain, enabled),
  ...model('qwen', 'qwen3.7-max', 'replay', '- - - - - - -', plain, enabled),
  ...model('stepfun', 'step-5-preview', 'replay', 'low low low medium high high high', plain),
  ...model('openai', 'gpt-5.5', 'replay', '- minimal low medium high xhigh xhigh', { ...completion, ...key }),
  ...model('openai', 'gpt-4o-mini', 'replay', '- - - - - - -', { ...plain, ...key }),
];

/** The headers of a request without those that the HTTP client itself adds. */
function ownHeaders(headers: Record<string, string>): Record<string, string> {
  const client = /^(?:accept(?:-encoding|-language)?|connection|content-length|host|sec-fetch-mode|user-agent)$/;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !client.test(name)));
}

describe('requests of the vendors, byte for byte what is meant', () => {
  it('PC-QUIRK-01 every vendor of the catalogue stands below, with its default model and every effort', () => {
    const { providers } = loadCatalogue(undefined, '/nowhere');
    for (const [name, { default_model, api }] of Object.entries(providers)) {
      const asked = rows.filter((row) => row[0] === name && row[1] === default_model).map((row) => row[2]);
      expect([name, asked]).toEqual([name, api === 'messages' ? [] : efforts]);
    }
  });

  it.each(rows)('PC-QUIRK-01 PC-QUIRK-02 PC-QUIRK-03 %s %s with effort %s', async (provider, model, effort, echo, fields) => {
    const { body, headers, url } = await sent(provider, model, effort);
    expect(body).toEqual({ model, messages: messages(echo), ...common, ...fields });
    expect(url).toBe(`/${provider}/v1/chat/completions`);
    expect(ownHeaders(headers)).toEqual({
      authorization: 'Bearer k-test',
      'content-type': 'application/json',
      ...(provider === 'xiaomi' ? { 'api-key': 'k-test' } : {}),
    });
  });

  it.each([
    ['minimal', 1024],
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
    expect(ownHeaders(headers)).toEqual({ 'x-api-key': 'k-test', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' });
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
