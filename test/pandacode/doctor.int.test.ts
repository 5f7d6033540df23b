import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeLlm, type FakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, standIn, workspace } from '../support/pandacode.ts';
import { scriptedAgent } from './acp/scripted.ts';

let fake: FakeLlm;
let locked: FakeLlm;
beforeAll(async () => {
  [fake, locked] = await Promise.all([startFakeLlm(), startFakeLlm({ key: 'another key' })]);
});
afterAll(async () => {
  await Promise.all([fake.close(), locked.close()]);
  removeWorkspaces();
});

/** A stand-in that knows its version too. */
function cli(name: string): string {
  const path = join(workspace(), name);
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && echo "$0 9.9.9" && exit\nexec "${process.execPath}" "${standIn(name)}" "$@"\n`, { mode: 0o755 });
  return path;
}

const bins = ['--claude-bin', cli('tell'), '--codex-bin', cli('codex-tell')];
const vendors = () => ({
  DEEPSEEK_API_KEY: 'sk-deepseek-0123456789abc',
  DEEPSEEK_BASE_URL: fake.url,
  ZAI_API_KEY: 'zhipu-0123456789abcdef',
  ZAI_BASE_URL: `${locked.url}/v4`,
  ANTHROPIC_API_KEY: 'sk-ant-0123456789abcdef',
  ANTHROPIC_BASE_URL: fake.url,
});

async function doctor(ws: string, env: NodeJS.ProcessEnv, ...flags: string[]) {
  const home = join(ws, '..', 'home');
  mkdirSync(home, { recursive: true });
  return pandacode(['doctor', '--cd', ws, '--json', ...flags], { env: { HOME: home, ...env } });
}

describe('doctor of all runtimes', () => {
  it('PC-CMD-07 PC-CMD-08 PC-CMD-09 without --live nothing is called, and each says how it stands', async () => {
    const { code, report } = await doctor(workspace(), { ...vendors(), CODEX_API_KEY: 'k', PANDACODE_ACP_AGENT: scriptedAgent() }, ...bins);
    expect(code).toBe(0);
    expect([fake.requests.length, locked.requests.length]).toEqual([0, 0]);
    for (const name of ['claude', 'codex', 'bamboo', 'acp'])
      expect(report[name]).toMatchObject({ ok: true, state: 'available', version: expect.any(String), live_check: null });
    const providers = Object.fromEntries(report.bamboo.providers.map((one: { name: string }) => [one.name, one]));
    expect(Object.keys(providers)).toEqual(['deepseek', 'xiaomi', 'kimi', 'zhipu', 'minimax', 'qwen', 'stepfun', 'openai', 'anthropic']);
    expect(providers.zhipu).toMatchObject({ title: expect.any(String), model: 'glm-5.3', api_key_present: true, live_check: null });
    expect(providers.kimi).toMatchObject({ api_key_present: false, next_action: expect.stringContaining('KIMI_API_KEY or MOONSHOT_API_KEY') });
    expect(JSON.stringify(report)).not.toContain('0123456789abc');
  });

  it('PC-CMD-08 PC-CMD-09 --live makes one tiny call of each vendor with a key and of each runtime, and says what went wrong', async () => {
    const ws = workspace();
    const TMPDIR = join(ws, '..', 'tmp');
    mkdirSync(TMPDIR);
    const env = { ...vendors(), CODEX_API_KEY: 'k', PANDACODE_ACP_AGENT: scriptedAgent(), TMPDIR };
    const { code, report } = await doctor(ws, env, ...bins, '--live');
    expect(code).toBe(0);
    const checks = Object.fromEntries(report.bamboo.providers.map((one: { name: string; live_check: unknown }) => [one.name, one.live_check]));
    expect(checks).toMatchObject({
      deepseek: { ok: true, model: 'deepseek-flash', elapsed_ms: expect.any(Number) },
      anthropic: { ok: true },
      zhipu: { ok: false, error: { category: 'auth', retryable: false } },
      kimi: null,
      openai: null,
    });
    expect(report.bamboo.live_check).toEqual(checks['deepseek']);
    expect([fake.requests.length, locked.requests.length]).toEqual([2, 1]);
    for (const request of fake.requests) expect(request.body['max_tokens']).toBe(32);
    expect([report.claude, report.codex, report.acp].map((one) => one.live_check.ok)).toEqual([true, true, true]);
    // Each in a folder of its own, which is gone.
    expect([existsSync(join(ws, '.pandacode')), readdirSync(TMPDIR).filter((name) => name.startsWith('pandacode'))]).toEqual([false, []]);
    fake.requests.length = 0;
    const one = await doctor(workspace(), vendors(), '--live', '--provider', 'anthropic', '--claude-bin', '/nowhere', '--codex-bin', '/nowhere');
    expect(one.report.bamboo.providers).toHaveLength(1);
    expect(fake.requests.map((request) => request.url)).toEqual(['/v1/messages']);
  });

  it('PC-CMD-07 PC-CMD-08 what is not ready says what to install, how to log in, or which variable to set', async () => {
    const env = { PATH: '/usr/bin:/bin' };
    const { code, report } = await doctor(workspace(), env, '--claude-bin', '/nowhere/claude', ...bins.slice(2), '--live');
    expect(code).toBe(1);
    expect(report.claude).toMatchObject({
      ok: false,
      state: 'missing_requirements',
      version: null,
      next_action: expect.stringContaining('Install Claude Code'),
    });
    expect(report.codex).toMatchObject({ ok: false, state: 'configuration_needed', next_action: expect.stringMatching(/codex login.*CODEX_API_KEY/) });
    expect(report.bamboo).toMatchObject({ ok: false, state: 'configuration_needed', next_action: expect.stringContaining('DEEPSEEK_API_KEY') });
    expect(report.acp).toMatchObject({ ok: false, state: 'missing_requirements', next_action: expect.stringContaining('PANDACODE_ACP_AGENT') });
    for (const name of ['claude', 'codex', 'bamboo', 'acp']) expect(report[name].live_check).toBeNull();
    const loggedOut = await doctor(workspace(), {}, ...bins.slice(0, 2), '--codex-bin', '/nowhere/codex');
    expect(loggedOut.report.claude).toMatchObject({ state: 'configuration_needed', next_action: expect.stringMatching(/login.*ANTHROPIC_API_KEY/) });
    expect(loggedOut.report.codex).toMatchObject({ state: 'missing_requirements', next_action: expect.stringContaining('Install Codex') });
  });

  it('PC-CMD-09 a key for any vendor counts for the one that a run would use alone', async () => {
    const { report } = await doctor(workspace(), { PANDACODE_BAMBOO_API_KEY: 'k', PANDACODE_BAMBOO_PROVIDER: 'kimi' });
    const present = report.bamboo.providers.filter((one: { api_key_present: boolean }) => one.api_key_present);
    expect(present.map((one: { name: string }) => one.name)).toEqual(['kimi']);
  });
});
