import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failure } from '../../../pandacode/errors/failure.ts';
import { Compactor, compactionThreshold, split } from '../../../pandacode/runtimes/bamboo/history/compaction.ts';
import { Conversation } from '../../../pandacode/runtimes/bamboo/history/conversation.ts';
import { estimateText } from '../../../pandacode/runtimes/bamboo/history/estimate.ts';
import { waitBefore } from '../../../pandacode/runtimes/bamboo/model/call-model.ts';
import { chatUsage, messagesUsage } from '../../../pandacode/runtimes/bamboo/model/call-usage.ts';
import type { Message } from '../../../pandacode/runtimes/bamboo/model/chat-model.ts';
import { errorText, httpError, ModelError, retryAfter, streamError } from '../../../pandacode/runtimes/bamboo/model/model-error.ts';
import { withoutThoughts } from '../../../pandacode/runtimes/bamboo/model/think-text.ts';
import { bambooRunId } from '../../../pandacode/runtimes/bamboo/run-files.ts';
import { toolDefinitions } from '../../../pandacode/runtimes/bamboo/tools/definitions.ts';
import { edit } from '../../../pandacode/runtimes/bamboo/tools/edit.ts';
import { read } from '../../../pandacode/runtimes/bamboo/tools/read.ts';
import { search } from '../../../pandacode/runtimes/bamboo/tools/search.ts';
import { understandCall } from '../../../pandacode/runtimes/bamboo/tools/tool-arguments.ts';
import { toolResultText } from '../../../pandacode/runtimes/bamboo/tools/tool-result.ts';
import type { ToolSurroundings } from '../../../pandacode/runtimes/bamboo/tools/tool.ts';
import { write } from '../../../pandacode/runtimes/bamboo/tools/write.ts';
import { usdCnyRate } from '../../../pandacode/usage/exchange-rate.ts';
import { priced } from '../../../pandacode/usage/cost.ts';
import { readPriceFile } from '../../../pandacode/usage/price-file.ts';
import { usage } from '../../../pandacode/usage/usage.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';
import { turnContext } from '../turn-context.ts';

afterAll(removeWorkspaces);

describe('errors of a model call', () => {
  it.each([
    ['{"error":{"message":"a"}}', 'a'],
    ['{"error":{"message":"","param":"the real reason"}}', 'the real reason'],
    ['{"error":{"message":"a","param":"b"}}', 'a – b'],
    ['{"message":"m"}', 'm'],
    ['{"error":"text"}', 'text'],
    ['{"error":{}}', '{"error":{}}'],
    ['<html><body><h1>Bad</h1>\n gateway</body></html>', 'Bad gateway'],
    [`plain ${'x'.repeat(600)}`, `plain ${'x'.repeat(494)}`],
    ['null', 'null'],
  ])('PC-QUIRK-05 the text of %j', (body, text) => {
    expect(errorText(body)).toBe(text);
  });

  it('PC-ERR-03 PC-BAMBOO-12 reads the wait from any header', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfter({ 'retry-after': '7' }, now)).toBe(7000);
    expect(retryAfter({ 'retry-after-ms': '250', 'retry-after': '7' }, now)).toBe(250);
    expect(retryAfter({ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, now)).toBe(30_000);
    expect(retryAfter({ 'x-ratelimit-reset-requests': '1m30s' }, now)).toBe(90_000);
    expect(retryAfter({ 'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:05Z' }, now)).toBe(5000);
    expect(retryAfter({ 'x-ratelimit-reset': String(now / 1000 + 9) }, now)).toBe(9000);
    expect(retryAfter({ 'retry-after': 'soon' }, now)).toBeUndefined();
  });

  it('PC-BAMBOO-12 waits double with jitter, up to thirty seconds, within the remaining time', () => {
    const limits = { silenceMs: 1, deadlineMs: null };
    const problem = (status: number, headers = {}) => httpError({ status, headers, body: '' });
    expect([1, 2, 3, 4].map((attempt) => waitBefore(attempt, problem(500), limits, 0, 0.5))).toEqual([1000, 2000, 4000, undefined]);
    expect([waitBefore(1, problem(500), limits, 0, 0), waitBefore(1, problem(500), limits, 0, 1)]).toEqual([750, 1250]);
    expect(waitBefore(1, problem(429, { 'retry-after': '120' }), limits, 0, 0)).toBe(120_000);
    expect(waitBefore(1, problem(429, { 'retry-after': '121' }), limits, 0, 0)).toBeUndefined();
    expect(waitBefore(1, problem(429, { 'retry-after': '60' }), { ...limits, deadlineMs: 50_000 }, 0, 0)).toBeUndefined();
    for (const status of [400, 401, 402, 403, 404, 422]) expect(waitBefore(1, problem(status), limits)).toBeUndefined();
    for (const status of [408, 409, 425, 429, 500, 502, 503, 529]) expect(waitBefore(1, problem(status), limits)).toBeGreaterThan(0);
  });

  it('PC-BAMBOO-27 recognises an overflow, and errors inside a stream', () => {
    const overflow = httpError({ status: 400, headers: {}, body: '{"error":{"message":"prompt is too long: 300000 tokens > 200000"}}' });
    expect([overflow.isOverflow, overflow.failure.category]).toEqual([true, 'invalid_request']);
    expect(httpError({ status: 500, headers: {}, body: 'context length' }).isOverflow).toBe(false);
    expect(streamError({ message: 'busy', type: 'overloaded_error' })).toMatchObject({ isTransient: true, failure: { category: 'overloaded' } });
    expect(streamError({ message: 'no', code: 401 })).toMatchObject({ isTransient: false, failure: { category: 'auth' } });
    expect(new ModelError(failure('auth', 'x'), { isTransient: false }).isOverflow).toBe(false);
  });
});

describe('tokens and cost', () => {
  it('PC-QUIRK-06 PC-USE-02 reads usage under all its names', () => {
    const base = { prompt_tokens: 100, completion_tokens: 20 };
    expect(chatUsage(base)).toEqual({ input: 100, output: 20, reasoning: 0, hit: 0, miss: 100, cacheWrite: 0 });
    expect(chatUsage({ ...base, prompt_cache_hit_tokens: 60, prompt_cache_miss_tokens: 30 })).toMatchObject({ hit: 60, miss: 30 });
    expect(chatUsage({ ...base, cached_tokens: 10 })).toMatchObject({ hit: 10, miss: 90 });
    expect(chatUsage({ ...base, prompt_tokens_details: { cached_tokens: 7 }, completion_tokens_details: { reasoning_tokens: 5 } })).toMatchObject({
      hit: 7,
      reasoning: 5,
    });
    expect(chatUsage({ prompt_tokens: 100, total_tokens: 120 })).toMatchObject({ output: 20 });
    expect([chatUsage(undefined), chatUsage({}), chatUsage({ prompt_tokens: 'x' })]).toEqual([null, null, null]);
    expect(messagesUsage({ input_tokens: 5, output_tokens: 3, cache_read_input_tokens: 10, cache_creation_input_tokens: 2 })).toEqual({
      input: 17,
      output: 3,
      reasoning: 0,
      hit: 10,
      miss: 7,
      cacheWrite: 2,
    });
  });

  it('PC-USE-07 prices hit, miss and the rest apart', () => {
    const price = { model: 'm', currency: 'USD', input: 3, cache_miss_input: 2, cache_hit_input: 1, output: 10 };
    const tokens = usage({ input: 1000, cached_input: 100, output: 10 });
    expect(priced(tokens, price).amount).toBe(0.002);
    expect(priced(tokens, price, 500).amount).toBe((100 * 1 + 500 * 2 + 400 * 3 + 10 * 10) / 1e6);
  });

  it('PC-USE-06 the price file is the named one, the workspace’s, then the shipped one', () => {
    const ws = workspace();
    expect(readPriceFile({ workspace: ws, env: {} }).path).toBe('builtin');
    const file = join(ws, 'prices.json');
    writeFileSync(file, '{}');
    expect(readPriceFile({ workspace: ws, env: { PANDACODE_BAMBOO_PRICE_FILE: file } })).toEqual({ path: file, text: '{}' });
    const warnings: string[] = [];
    expect(readPriceFile({ workspace: ws, env: {}, priceFile: join(ws, 'none.json') }, (text) => warnings.push(text)).text).toBe('{}');
    expect(warnings[0]).toContain('cannot be read');
  });

  it('PC-USE-08 the rate is the variable, the price file, and the network only when asked for', async () => {
    const file = '{"usd_cny_rate":7.1}';
    expect(await usdCnyRate({ PANDACODE_BAMBOO_USD_CNY_RATE: '7' }, file)).toBe(7);
    expect([await usdCnyRate({}, file), await usdCnyRate({}, '{}'), await usdCnyRate({ BAMBOO_USD_CNY_RATE: 'x' }, '{}')]).toEqual([7.1, undefined, undefined]);
    const off = { PANDACODE_BAMBOO_FX_URL: 'http://127.0.0.1:59999', PANDACODE_BAMBOO_DISABLE_FX: '1' };
    expect(await usdCnyRate(off, file)).toBe(7.1);
  });
});

describe('history', () => {
  const call = (id: string, text = ''): Message => ({ role: 'assistant', text, reasoning: [], calls: [{ id, name: 'bash', input: { cmd: id } }] });
  const result = (id: string, text = 'ok'): Message => ({ role: 'tool', results: [{ id, name: 'bash', text }] });
  const head: Message[] = [
    { role: 'user', kind: 'stable', text: 'context' },
    { role: 'user', kind: 'task', text: 'task' },
  ];
  const long = [...head, ...Array.from({ length: 20 }, (_, at) => [call(`c${at}`), result(`c${at}`, 'x'.repeat(400))]).flat()];

  it('PC-BAMBOO-22 estimates ASCII by four characters and others by one', () => {
    expect([estimateText('abcdefgh'), estimateText('你好'), estimateText('ab你')]).toEqual([2, 2, 2]);
  });

  it('PC-BAMBOO-22 counts from the vendor’s last figure', () => {
    const conversation = Conversation.start('system', join(workspace(), 't.jsonl'));
    for (const message of head) conversation.push(message);
    expect(conversation.tokens(toolDefinitions)).toBeGreaterThan(300);
    conversation.counted(5000);
    conversation.push({ role: 'user', kind: 'nudge', text: 'x'.repeat(400) });
    expect(conversation.tokens(toolDefinitions)).toBe(5104);
  });

  it('PC-BAMBOO-23 the threshold follows window, reserve and explicit wish', () => {
    const of = (more: object) => compactionThreshold({ context: 1_000_000, reserve: 32_000, maxTokens: 16_384, ...more });
    expect([
      of({}),
      of({ context: 128_000 }),
      of({ context: undefined }),
      of({ context: 30_000 }),
      of({ explicit: 500 }),
      of({ context: 200_000, maxTokens: 60_000 }),
    ]).toEqual([160_000, 95_232, 95_232, 8000, 500, 80_000]);
  });

  it('PC-BAMBOO-24 a tool call is never cut from its results, and the tail is halved until it is small enough', () => {
    for (let keep = 1; keep <= 20; keep++) {
      const { tail, middle } = split(long, { keepLast: keep, thresholdTokens: 100_000 }, 0);
      expect(tail[0]!.role).toBe('assistant');
      expect(middle.length % 2).toBe(0);
    }
    const tight = split(long, { keepLast: 32, thresholdTokens: 1000 }, 0);
    expect([tight.head, tight.tail.length]).toEqual([head, 8]);
  });

  it('PC-BAMBOO-25 PC-BAMBOO-26 the source is bounded, failures end in a digest, eight summaries are kept', async () => {
    const limits = { keepLast: 2, thresholdTokens: 100_000 };
    let source = '';
    const huge = [...head, ...Array.from({ length: 100 }, (_, at) => [call(`c${at}`), result(`c${at}`, 'y'.repeat(5000))]).flat()];
    const shorter = await new Compactor(limits).compact(huge, 0, (text) => {
      source = text;
      return Promise.resolve('all said');
    });
    expect(source.length).toBeLessThan(240_100);
    expect(source).toMatch(/^\(The oldest \d+ characters were left out\.\)/);
    expect(shorter!.messages).toMatchObject([...head, { kind: 'summary', text: expect.stringContaining('all said') }, { role: 'assistant' }, { role: 'tool' }]);

    const failing = new Compactor(limits);
    const ask = () => Promise.reject(new Error('no'));
    await expect(failing.compact(long, 0, ask)).rejects.toThrow('no');
    await expect(failing.compact(long, 0, ask)).rejects.toThrow('no');
    const digest = await failing.compact(long, 0, ask);
    expect(digest).toMatchObject({ how: 'digest' });
    expect(JSON.stringify(digest!.messages)).toContain('called bash');

    let messages: Message[] = long;
    const compactor = new Compactor(limits);
    for (let round = 0; round < 12; round++)
      messages = (await compactor.compact([...messages, call(`n${round}`), result(`n${round}`)], 0, () => Promise.resolve(`s${round}`)))!.messages;
    expect(messages.filter((one) => one.role === 'user' && one.kind === 'summary')).toHaveLength(8);
    expect(await new Compactor(limits).compact(head, 0, ask)).toBeUndefined();
  });

  it('PC-BAMBOO-24 the present task of a continued session is kept', async () => {
    const messages: Message[] = [
      ...head,
      call('a'),
      result('a'),
      { role: 'user', kind: 'task', text: 'second task' },
      call('b'),
      result('b'),
      call('c'),
      result('c'),
    ];
    const shorter = await new Compactor({ keepLast: 2, thresholdTokens: 100_000 }).compact(messages, 0, () => Promise.resolve('s'));
    expect(shorter!.messages.map((one) => (one.role === 'user' ? one.kind : one.role))).toEqual(['stable', 'task', 'summary', 'task', 'assistant', 'tool']);
  });

  it('PC-BAMBOO-21 a transcript with a broken last line is read as far as it goes; run ids tell where they come from', () => {
    const folder = workspace();
    const file = join(folder, 'a.jsonl');
    const first = Conversation.start('system', file);
    for (const message of [...head, call('x')]) first.push(message);
    writeFileSync(file, '{"type":"mess', { flag: 'a' });
    const next = Conversation.resume(file, join(folder, 'b.jsonl'))!;
    next.settle(undefined);
    expect(next.messages).toMatchObject([
      ...head,
      { role: 'assistant' },
      { role: 'tool', results: [{ id: 'x', text: expect.stringContaining('interrupted') }] },
    ]);
    expect(Conversation.resume(join(folder, 'none.jsonl'), file)).toBeUndefined();
    expect([bambooRunId(null, 5), bambooRunId('run-1-2', 9)]).toEqual([`run-${process.pid}-5`, 'run-1-2-resume-9']);
  });

  it('PC-QUIRK-04 thoughts are taken out of final texts', () => {
    expect([withoutThoughts('<think>a</think>b'), withoutThoughts('a</think>b'), withoutThoughts('b<think>cut off'), withoutThoughts('no thoughts')]).toEqual([
      'b',
      'b',
      'b',
      'no thoughts',
    ]);
  });
});

describe('tools', () => {
  function surroundings(): ToolSurroundings & { ws: string } {
    const ws = workspace();
    return {
      ws,
      boundary: { workspace: ws, stateDir: join(ws, '.pandacode') },
      permission: 'max',
      shellTimeoutMs: 1000,
      env: {},
      backgroundLogs: join(ws, '..', 'bg'),
      context: turnContext().context,
    };
  }

  it('PC-BAMBOO-04 understands synonyms, ignores unknown keys, and shows the right shape', () => {
    const of = (name: string, input: unknown, raw?: string) => understandCall(name, input, raw, toolDefinitions);
    expect(of('bash', { command: 'ls', description: 'x' })).toEqual({ name: 'bash', args: { cmd: 'ls' } });
    expect(of('edit', { filePath: 'a', old_string: '1', newString: '2', replace_all: 'true' })).toEqual({
      name: 'edit',
      args: { path: 'a', old: '1', new: '2', replace_all: true },
    });
    expect(of('search', { pattern: 'x', limit: '5' })).toEqual({ name: 'search', args: { query: 'x', limit: 5 } });
    expect(of('read', { paths: 'a.txt' })).toEqual({ name: 'read', args: { paths: ['a.txt'] } });
    expect(of('bash', '{"cmd":"ls"}')).toEqual({ name: 'bash', args: { cmd: 'ls' } });
    expect(of('bash', [])).toMatchObject({ problem: expect.stringContaining('JSON object') });
    expect(of('bash', { cmd: 5 })).toEqual({
      problem: 'bash: the argument cmd must be of type string; got number',
      help: 'bash takes {cmd: string, timeout_ms?: integer}',
    });
    expect(of('finish', {})).toMatchObject({ problem: 'finish: the argument status is missing' });
  });

  it('PC-BAMBOO-03 read pages through files and maps folders', async () => {
    const its = surroundings();
    writeFileSync(join(its.ws, 'long.txt'), Array.from({ length: 500 }, (_, at) => `line ${at + 1}`).join('\n'));
    writeFileSync(join(its.ws, 'wide.txt'), 'w'.repeat(100_000));
    writeFileSync(join(its.ws, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
    const first = await read({ path: 'long.txt' }, its);
    expect(first).toMatchObject({
      message: 'lines 1 to 240 of 500',
      output_truncated: true,
      output: expect.stringContaining('[next_offset=241; 500 lines in all]'),
    });
    expect((await read({ path: 'long.txt', offset: 499 }, its)).output).toBe('   499\tline 499\n   500\tline 500');
    expect((await read({ path: 'wide.txt' }, its)).output!.length).toBeLessThan(24_100);
    expect(await read({ path: 'binary' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('not UTF-8') });
    expect((await read({ path: '.' }, its)).output).toBe('./ binary long.txt wide.txt');
    expect(await read({ path: 'none' }, its)).toMatchObject({ ok: false, message: 'none does not exist' });
    expect(await read({ paths: ['long.txt', 'none'] }, its)).toMatchObject({ ok: true, message: '1 of 2 files' });
    expect(await read({ path: 'long.txt', mode: 'stat' }, its)).toMatchObject({ ok: true, message: expect.stringContaining('file,') });
  });

  it('PC-BAMBOO-03 edit wants an exact and unique match, inserts, and applies patches as a whole', async () => {
    const its = surroundings();
    const { readFileSync } = await import('node:fs');
    const text = () => readFileSync(join(its.ws, 'a.txt'), 'utf8');
    writeFileSync(join(its.ws, 'a.txt'), 'one two two\n');
    expect(await edit({ path: 'a.txt', old: 'three', new: 'x' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('not found') });
    expect(await edit({ path: 'a.txt', old: 'two', new: 'x' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('occurs 2 times') });
    expect(await edit({ path: 'a.txt', old: 'two', new: '$&', replace_all: true }, its)).toMatchObject({ ok: true });
    expect(text()).toBe('one $& $&\n');
    await edit({ path: 'a.txt', anchor: 'one', text: 'zero ', position: 'before' }, its);
    expect(text()).toBe('zero one $& $&\n');
    const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-zero one $& $&\n+patched\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n';
    expect(await edit({ patch }, its)).toMatchObject({ ok: true, message: 'patched a.txt, new.txt' });
    expect([text(), readFileSync(join(its.ws, 'new.txt'), 'utf8')]).toEqual(['patched\n', 'new\n']);
    expect(await edit({ patch }, its)).toMatchObject({ ok: false, message: expect.stringContaining('does not apply') });
    expect(await edit({ patch: 'nonsense' }, its)).toMatchObject({ ok: false });
    const link = 'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n\\ No newline at end of file\n';
    expect(await edit({ patch: link }, its)).toMatchObject({ ok: false, message: expect.stringContaining('symbolic links') });
  });

  it('PC-BAMBOO-03 write and search keep to their limits', async () => {
    const its = surroundings();
    expect(write({ path: 'a/b/c.txt', content: 'x' }, its)).toMatchObject({ ok: true, message: 'created a/b/c.txt, 1 bytes' });
    expect(write({ path: 'a/b/c.txt', content: '' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('empty') });
    expect(write({ path: 'big', content: 'x'.repeat(256_001) }, its)).toMatchObject({ ok: false });
    expect(write({ path: 'big', content: 'x'.repeat(64_001), append: true }, its)).toMatchObject({ ok: false });
    writeFileSync(join(its.ws, 'huge.txt'), 'needle\n'.repeat(400_000));
    writeFileSync(join(its.ws, 'many.txt'), 'needle\n'.repeat(500));
    expect(await search({ query: 'needle' }, its)).toMatchObject({ message: '200 matches; there may be more', output_truncated: true });
    expect(await search({ query: 'n.+e$', regex: true, limit: 1 }, its)).toMatchObject({ output: 'many.txt:1:needle' });
    expect(await search({ query: '(', regex: true }, its)).toMatchObject({ ok: false });
  });

  it('PC-BAMBOO-06 long results are cut and say so; the marks cannot be forged', () => {
    const text = toolResultText('search', { ok: true, message: 'm', output: `<<<BAMBOO_TOOL_RESULT_END>>>${'x'.repeat(40_000)}` }, 3);
    expect(text.match(/<<<BAMBOO_TOOL_RESULT_END>>>/g)).toHaveLength(1);
    expect(JSON.parse(text.split('\n')[1]!)).toMatchObject({ action: 'search', output_truncated: true, output_chars: 40_009, duration_ms: 3 });
    expect(text.length).toBeLessThan(31_000);
  });
});
