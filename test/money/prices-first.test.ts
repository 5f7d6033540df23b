import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecOutput } from '../../cli/exec/output.ts';
import { planRun } from '../../cli/exec/plan.ts';
import { pricesFirst } from '../../cli/exec/prices-first.ts';
import type { ExecFlags } from '../../cli/exec/flags.ts';
import { compileScript } from '../../src/script/compile.ts';

let root: string;
let home: string | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odw-prices-'));
  home = process.env['ODW_HOME'];
  process.env['ODW_HOME'] = join(root, 'home');
});
afterEach(() => {
  if (home === undefined) delete process.env['ODW_HOME'];
  else process.env['ODW_HOME'] = home;
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

/** What is said before a run starts: the notices, or the refusal. */
async function before(source: string, flags: Partial<ExecFlags> = {}): Promise<string> {
  writeFileSync(join(root, 'a.js'), source);
  let told = '';
  const output = new ExecOutput(
    {},
    () => {},
    (text) => (told += text),
  );
  const plan = planRun({ path: root, script: 'a.js', backend: 'pandacode', autoAnswer: true, report: true, ...flags }, process.env);
  const script = await compileScript({ path: plan.scriptPath, source });
  return pricesFirst(plan, script, output).then(
    () => told,
    (error: unknown) => (error as Error).message,
  );
}

const limits = (text: string) => `export const meta = { name: 'n', phases: [], limits: ${text} };\n`;
const unknown = `await agent('x', { model: 'nobody-9' });`;
const rates = { updated_at: '2026-11-01', prices_per_1m_tokens: { 'nobody-9': { currency: 'USD', input: 1, output: 2 } } };

describe('a limit on money, before anything is started', () => {
  it.each<[string, string, Partial<ExecFlags>]>([
    ['a flag', unknown, { maxMoney: 2.5 }],
    ['the script', limits('{ money: 2.5 }') + unknown, {}],
    ['a phase', limits('{ phases: { Scan: { money: 2.5 } } }') + unknown, {}],
    ['a provider, the lowest of all', limits('{ money: 9, providers: { claude: { money: 2.5 } } }') + unknown, { maxMoney: 7 }],
  ])('MONEY-02 of %s needs the price of each model that is named', async (_, source, flags) => {
    const line = source.split('\n').length;
    expect(await before(source, flags)).toBe(
      `PRICE_UNKNOWN: money is limited to 2.50 USD, and nobody knows the price of nobody-9 of claude (line ${line}); nothing was started`,
    );
  });

  it.each<[string, string, Partial<ExecFlags>]>([
    ['nothing limits money', unknown, {}],
    ['tokens alone are limited', limits('{ tokens: 5 }') + unknown, { maxTokens: 3 }],
    ['it is allowed', unknown, { maxMoney: 2.5, allowUnpriced: true }],
    ['no model is named', `await agent('x');`, { maxMoney: 2.5 }],
    ['a script computes its model', `await agent('x', { model: args.model });`, { maxMoney: 2.5 }],
    ['Claude Code tells the cost of its own models', `await agent('x', { model: 'opus' }); await agent('y', { model: 'claude-sonnet-5' });`, { maxMoney: 2.5 }],
  ])('MONEY-02 nothing is asked where %s', async (_, source, flags) => {
    expect(await before(source, flags)).toBe('');
  });

  it('MONEY-02 a model of Claude Code behind a gateway is somebody else’s, and all that are unknown are named', async () => {
    const message = await before(`await agent('x', { model: 'opus', gateway: 'http://g' });\nawait agent('y', { runtime: 'codex', model: 'nobody-9' });`, {
      maxMoney: 1,
    });
    expect(message).toMatch(/the price of opus of \S+ \(line 1\), nobody-9 of codex \(line 2\); nothing was started$/);
  });

  it('MONEY-02 a price that the project gives is enough', async () => {
    mkdirSync(join(root, '.odw'));
    writeFileSync(join(root, '.odw', 'rates.json'), JSON.stringify(rates));
    expect(await before(unknown, { maxMoney: 1 })).toBe('');
  });

  it('MONEY-02 a price that is named, or of the user, is enough; --model is asked for too', async () => {
    writeFileSync(join(root, 'named.json'), JSON.stringify(rates));
    const flags = { maxMoney: 1, model: 'nobody-9' };
    expect(await before(`await agent('x');`, flags)).toContain('nobody-9 of claude (--model); nothing was started');
    expect(await before(`await agent('x');`, { ...flags, rates: join(root, 'named.json') })).toBe('');
    mkdirSync(join(root, 'home'));
    writeFileSync(join(root, 'home', 'rates.json'), JSON.stringify(rates));
    expect(await before(`await agent('x');`, flags)).toBe('');
  });

  it('MONEY-02 prices that cannot be used refuse a run whose money is limited, and else are told', async () => {
    mkdirSync(join(root, '.odw'));
    const path = join(root, '.odw', 'rates.json');
    writeFileSync(path, '{"prices_per_1m_tokens": {"x": {"input": "1"}}}');
    expect(await before(unknown, { maxMoney: 1 })).toContain(`${path} holds no rates: `);
    const told = await before(unknown);
    expect(told).toContain(`[odw] warning: ${path} holds no rates: `);
    expect(told.trimEnd().endsWith('; it is ignored')).toBe(true);
  });

  it('MONEY-02 a file of prices that was named and is not there refuses the run, limited or not', async () => {
    const named = join(root, 'not-there.json');
    expect(await before(unknown, { rates: named })).toContain(`${named} cannot be read: ENOENT`);
  });
});
