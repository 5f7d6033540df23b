import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readRates, shippedRates } from '../../activities/prices/read-rates.ts';
import { reportUsage } from '../../src/executor-report/usage.ts';
import { amountOf } from '../../src/prices/amount.ts';
import { findPrice } from '../../src/prices/find-price.ts';
import { priceRound, providersOf } from '../../src/prices/price-round.ts';
import { hasPrice } from '../../src/prices/rates.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(files: Record<string, unknown> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'odw-money-'));
  folders.push(dir);
  for (const [name, value] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value));
  }
  return dir;
}

const rates = (model: string, input: number, date = '2026-10-10') => ({ updated_at: date, prices_per_1m_tokens: { [model]: { input, output: 10 * input } } });
const usage = { input: 1_000_000, cached_input: 0, cache_write: 0, output: 100_000, reasoning: 0, total: 1_100_000, total_tokens: 1_100_000 };
const asked = { runtime: 'codex', model: 'gpt-5.5' };
const none = { own: [], shipped: shippedRates() };
const price = (report: object, who: Parameters<typeof priceRound>[2], use: Parameters<typeof priceRound>[3]) =>
  priceRound(report, reportUsage(report), who, use);

describe('what an attempt cost', () => {
  it('MONEY-02 the executor’s own figure, then the user’s rates, then the shipped prices, then unknown', () => {
    const deepseek = { runtime: 'bamboo', provider: 'deepseek' };
    const report = { ok: true, usage, summary: { model: 'deepseek-flash', provider: 'deepseek' } };
    const root = folder({ '.odw/rates.json': rates('deepseek:deepseek-flash', 2) });
    const own = readRates({ root, env: { ODW_HOME: folder() } });
    const measured = { ...report, cost: { amount: 0.25, currency: 'USD', basis: 'list' } };
    expect(price(measured, deepseek, own)).toEqual({ usd: 0.25, basis: 'measured' });
    expect(price(report, deepseek, own)).toEqual({ usd: 4, basis: 'estimated', source: '.odw/rates.json', asOf: '2026-10-10' });
    // What the executor reckoned by a price list is no figure of its own.
    const reckoned = { ...report, cost: { amount: 9, currency: 'USD', basis: 'price_file', source: 'builtin', updated_at: '2026-11-01' } };
    expect(price(reckoned, deepseek, own)?.usd).toBe(4);
    expect(price(reckoned, deepseek, none)).toEqual({ usd: 9, basis: 'estimated', source: 'shipped prices', asOf: '2026-11-01' });
    expect(price(report, deepseek, none)).toEqual({ usd: 0.42, basis: 'estimated', source: 'shipped prices', asOf: shippedRates().asOf });
    expect(price({ ...report, summary: { model: 'nobody-knows' } }, deepseek, none)).toBeUndefined();
    expect(price({ ok: true, usage }, { runtime: 'codex' }, none)).toBeUndefined();
    expect(price({ ok: true, usage: { total_tokens: 5 }, model: 'deepseek-flash' }, deepseek, own)).toBeUndefined();
  });

  it('MONEY-02 the named file wins over the project’s, that over the user’s own, model by model', () => {
    const root = folder({ '.odw/rates.json': rates('gpt-5.5', 2), 'mine.json': rates('gpt-5.5', 1) });
    const home = folder({ 'rates.json': { prices_per_1m_tokens: { ...rates('gpt-5.5', 3).prices_per_1m_tokens, 'codex:other': { input: 7, output: 7 } } } });
    const source = (named?: string) => price({ ok: true, usage }, asked, readRates({ root, env: { ODW_HOME: home }, named }))?.source;
    expect([source('mine.json'), source()]).toEqual(['mine.json', '.odw/rates.json']);
    rmSync(join(root, '.odw'), { recursive: true });
    const found = price({ ok: true, usage }, asked, readRates({ root, env: { ODW_HOME: home } }));
    // Without a date of its own, that of the file counts.
    expect(found).toMatchObject({ usd: 6, source: 'ODW_HOME/rates.json', asOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string });
    const other = readRates({ root, env: { ODW_HOME: home }, named: 'mine.json' });
    expect(price({ ok: true, usage, model: 'other' }, asked, other)?.source).toBe('ODW_HOME/rates.json');
  });

  it('MONEY-02 a file that cannot be used is told, not passed over in silence; one that is not there is no problem', () => {
    const root = folder({ '.odw/rates.json': '{"prices_per_1m_tokens":{"m":{"input":-1}}}' });
    const read = readRates({ root, env: { ODW_HOME: folder({ 'rates.json': 'prices' }) }, named: 'nowhere.json' });
    expect(read.own).toEqual([]);
    expect(read.problems.map(({ message }) => message.replaceAll(root, ''))).toEqual([
      expect.stringContaining('/nowhere.json cannot be read: ENOENT'),
      expect.stringContaining('/.odw/rates.json holds no rates:'),
      expect.stringContaining('rates.json holds no rates:'),
    ]);
    expect(readRates({ root: folder(), env: { ODW_HOME: folder() } }).problems).toEqual([]);
  });

  it('MONEY-02 a price of 0 is known, a refusal before the first answer costs nothing, and silence is unknown', () => {
    const free = readRates({ root: folder({ '.odw/rates.json': rates('gpt-5.5', 0) }), env: { ODW_HOME: folder() } });
    expect(price({ ok: true, usage }, asked, free)).toMatchObject({ usd: 0, basis: 'estimated' });
    const refused = { ok: false, usage: null, error: { category: 'rate_limit' } };
    expect(price(refused, { runtime: 'claude' }, none)).toEqual({ usd: 0, basis: 'measured' });
    expect(price({ ...refused, error: { category: 'not_installed' } }, asked, none)).toEqual({ usd: 0, basis: 'measured' });
    // Codex tells tokens at the end of a turn only: it may have worked for an hour, unless its executor says that nothing was begun.
    expect(price(refused, asked, none)).toBeUndefined();
    const began = (items: number, category = 'quota') => price({ ...refused, error: { category }, summary: { counts: { items } } }, asked, none);
    expect([began(0), began(1), began(0, 'network'), began(0, 'timeout')]).toEqual([{ usd: 0, basis: 'measured' }, undefined, undefined, undefined]);
    expect(price({ ok: false, usage: null, error: { category: 'timeout' } }, { runtime: 'claude' }, none)).toBeUndefined();
    // One call of many is no ground for a price.
    expect(price({ ok: true, usage: { ...usage, estimated: true }, model: 'gpt-5.5' }, { runtime: 'acp', acpAgent: 'opencode' }, free)).toBeUndefined();
  });

  it('MONEY-02 yuan count where a rate says what they are worth, and are unknown without one', () => {
    const entry = { 'zhipu:glm-9': { currency: 'CNY', input: 7, output: 70 } };
    const report = { ok: true, usage, summary: { model: 'glm-9', provider: 'zhipu' } };
    const by = (more: object) =>
      price(
        report,
        { runtime: 'bamboo' },
        readRates({ root: folder({ '.odw/rates.json': { prices_per_1m_tokens: entry, ...more } }), env: { ODW_HOME: folder() } }),
      );
    expect(by({ usd_cny_rate: 7 })?.usd).toBe(2);
    expect(by({})).toBeUndefined();
  });

  it('MONEY-02 a model is found by vendor or service, spelled alike, with and without its date', () => {
    const table = { 'anthropic:claude-opus-5': { currency: 'USD', input: 1, output: 2 }, 'GPT 5.5': { currency: 'USD', input: 3, output: 4 } };
    expect(findPrice(table, ['anthropic', 'claude'], 'claude-opus-5-20261101')?.input).toBe(1);
    expect(findPrice(table, ['openai', 'codex'], 'gpt-5.5')?.input).toBe(3);
    expect(findPrice(table, ['openai', 'codex'], 'claude-opus-5')).toBeUndefined();
    expect(findPrice(table, [], 'claude-opus-5')?.input).toBe(1);
    expect(findPrice(table, [], 'constructor')).toBeUndefined();
    expect([
      providersOf({ runtime: 'claude' }),
      providersOf({ runtime: 'codex', gateway: 'qwen' }),
      providersOf({ runtime: 'bamboo', provider: 'kimi' }),
      providersOf({ runtime: 'acp', acpAgent: 'qwen' }),
    ]).toEqual([['anthropic', 'claude'], ['qwen'], ['kimi'], ['qwen', 'acp:qwen']]);
    expect(hasPrice([shippedRates()], { providers: ['deepseek'], model: 'deepseek-flash' })).toBe(true);
    expect(hasPrice([shippedRates()], { providers: ['qwen'], model: 'qwen3.7-max' })).toBe(false);
  });

  it('MONEY-02 input that was read from a cache, written to one, or neither has its own price', () => {
    const by = { currency: 'USD', input: 4, cache_hit_input: 1, cache_write_input: 5, output: 20 };
    expect(amountOf({ input: 1_000_000, cachedInput: 500_000, cacheWrite: 200_000, output: 100_000 }, by)).toBe(0.5 + 1 + 1.2 + 2);
    expect(amountOf({ input: 1_000_000, cachedInput: 500_000, cacheWrite: 200_000, output: 0 }, { currency: 'USD', input: 4, output: 20 })).toBe(4);
  });
});
