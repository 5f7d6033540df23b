import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readDefinition } from '../../src/agents/definition.ts';
import { Budget } from '../../src/budget.ts';
import { reportOutputTokens } from '../../src/executor-report/tokens.ts';
import { compileScript } from '../../src/script/compile.ts';
import { loadAgentDefinition } from '../../temporal/worker/agent-definition.ts';

describe('which dialect', () => {
  const plain = 'return 1;';
  const claude = "export const meta = { name: 'a', description: 'b', dialect: 'claude' };\nreturn 1;";
  const dialectOf = async (source: string, given: object = {}) => (await compileScript({ path: 'a.js', source, ...given })).dialect;

  it('DIAL-01 the caller, else meta, else the calling script, else odw', async () => {
    expect(await dialectOf(plain)).toBe('odw');
    expect(await dialectOf(claude)).toBe('claude');
    expect(await dialectOf(claude, { dialect: 'odw' })).toBe('odw');
    expect(await dialectOf(claude.replace('claude', 'odw'), { callersDialect: 'claude' })).toBe('odw');
    expect(await dialectOf(claude.replace(", dialect: 'claude'", ''), { callersDialect: 'claude' })).toBe('claude');
    await expect(dialectOf("export const meta = { dialect: 'basic' };")).rejects.toThrow('expected "odw" or "claude"');
  });

  it.each([
    ['DIAL-05', `const a = 1;\n${claude}`, /a\.js:2:1: META_NOT_FIRST/],
    ['DIAL-05', plain, /a\.js:1:1: META_NOT_FIRST/],
    ['DIAL-06', claude.replace("'a'", '`a${1}`'), /a\.js:1:1: META_NOT_LITERAL/],
    ['DIAL-07', claude.replace("description: 'b', ", ''), /a\.js:1:21: META_MISSING_FIELD: meta needs a description/],
    ['DIAL-10', claude.replace('return 1', 'const x: number = 1; return x'), /a\.js:2:8: TYPESCRIPT_NOT_ALLOWED/],
  ])('%s a script of another form is refused before any node', async (_id, source, message) => {
    await expect(dialectOf(source, { dialect: 'claude' })).rejects.toThrow(message);
    expect(await dialectOf(source, { dialect: 'odw' })).toBe('odw');
  });

  it('DIAL-05 a comment, a hashbang and a byte order mark may stand before meta', async () => {
    expect(await dialectOf(`\uFEFF#!/usr/bin/env odw\n// A comment.\n${claude}`)).toBe('claude');
    expect(await dialectOf(claude, { path: 'a.mjs' })).toBe('claude');
  });
});

describe('agent types', () => {
  const root = mkdtempSync(join(tmpdir(), 'odw-agents-'));
  const home = mkdtempSync(join(tmpdir(), 'odw-agents-home-'));
  const before = process.env['CLAUDE_CONFIG_DIR'];
  process.env['CLAUDE_CONFIG_DIR'] = home;
  afterEach(() => rmSync(join(root, '.claude'), { recursive: true, force: true }));
  afterAll(() => {
    if (before === undefined) delete process.env['CLAUDE_CONFIG_DIR'];
    else process.env['CLAUDE_CONFIG_DIR'] = before;
    for (const folder of [root, home]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const write = (folder: string, name: string, text: string) => {
    mkdirSync(join(folder, 'agents'), { recursive: true });
    writeFileSync(join(folder, 'agents', `${name}.md`), text);
  };

  it('DIAL-15 the project comes before the personal folder', async () => {
    write(home, 'reader', '---\nname: reader\n---\nPersonal.');
    expect(await loadAgentDefinition({ root, type: 'reader' })).toEqual({ ok: true, text: 'Personal.' });
    write(join(root, '.claude'), 'reader', '---\nname: reader\nmodel: "opus"\n---\n\nOf the project.\n');
    expect(await loadAgentDefinition({ root, type: 'reader' })).toEqual({ ok: true, text: 'Of the project.', model: 'opus' });
  });

  it.each(['ghost', '../secret', 'a/b', '.hidden', ''])('DIAL-15 %j is unknown', async (type) => {
    writeFileSync(join(root, 'secret.md'), 'no');
    const found = await loadAgentDefinition({ root, type });
    expect(found).toMatchObject({ ok: false, message: expect.stringMatching(/^AGENT_TYPE_UNKNOWN: there is no agent type/) as string });
  });

  it('DIAL-15 reads headers of all kinds', () => {
    expect(readDefinition('Just text.\n')).toEqual({ text: 'Just text.' });
    expect(readDefinition('---\r\nmodel: haiku # fast\r\ntools: Read\r\n---\r\nText.\r\n---\r\nMore.')).toEqual({
      text: 'Text.\r\n---\r\nMore.',
      model: 'haiku',
    });
    expect(readDefinition('---\nmodel: inherit\n---\n')).toEqual({ text: '' });
    expect(readDefinition('---\nmodel:\nname: x\n---\nText.')).toEqual({ text: 'Text.' });
  });
});

describe('output tokens', () => {
  it('DIAL-24 are read where the total is', () => {
    expect(reportOutputTokens({ summary: { usage: { input: 5, output: 7, total: 12, total_tokens: 12 } } })).toBe(7);
    expect(reportOutputTokens({ codex: { usage: { tokenUsage: { total: { totalTokens: 30, outputTokens: 4 } } } } })).toBe(4);
    expect(reportOutputTokens({ usage: { total_tokens: 12 } })).toBeNull();
    expect(reportOutputTokens({})).toBeNull();
  });

  it('DIAL-24 the budget takes all tokens where there is no split, and is not exact then', () => {
    const budget = new Budget(50);
    budget.addOutput(10, 100);
    expect(budget.toState()).toEqual({ total: 50, spent: 10 });
    budget.addOutput(null, 30);
    budget.addOutput(null, null);
    expect(budget.toState()).toEqual({ total: 50, spent: 40, approx: true });
  });
});
