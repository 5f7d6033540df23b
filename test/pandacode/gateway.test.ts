import { describe, expect, it } from 'vitest';
import { chooseGateway, gatewayOf } from '../../pandacode/runtimes/gateway.ts';
import type { ChoiceRequest } from '../../pandacode/runtimes/runtime.ts';

function request(gateway: string | undefined, env: NodeJS.ProcessEnv, more: Partial<ChoiceRequest> = {}): ChoiceRequest {
  const options = { claudeMode: 'auto' as const, allowTools: [], codexConfig: [], passEnv: [], persist: true, ...(gateway === undefined ? {} : { gateway }) };
  return { effort: null, workspace: '/nowhere', options, env: { HOME: '/nowhere', ...env }, ...more };
}

describe('the gateway to another vendor', () => {
  it('PC-CLAUDE-25 PC-CODEX-24 takes vendor, model and key as bamboo does', () => {
    const env = { DEEPSEEK_API_KEY: 'k' };
    expect(chooseGateway('anthropic', request('deepseek', env))).toMatchObject({ provider: 'deepseek', model: 'deepseek-flash' });
    expect(chooseGateway('anthropic', request('moonshot', env, { model: 'kimi-k3' }))).toMatchObject({
      provider: 'kimi',
      model: 'kimi-k3',
      failure: { category: 'auth', next_action: expect.stringContaining('KIMI_API_KEY') },
    });
    expect(chooseGateway('anthropic', request(undefined, env))).toBeUndefined();
  });

  it('PC-CLAUDE-25 the region and plan of the key hold for this endpoint too', () => {
    const base = (provider: string, env: NodeJS.ProcessEnv) =>
      gatewayOf('anthropic', { provider, model: null, workspace: '/nowhere', env: { HOME: '/nowhere', ...env } });
    expect(base('xiaomi', { XIAOMI_API_KEY: 'tp-1' })).toEqual({ baseUrl: 'https://token-plan-cn.xiaomimimo.com/anthropic', key: 'tp-1' });
    expect(base('xiaomi', { XIAOMI_API_KEY: 'sk-1' })?.baseUrl).toBe('https://api.xiaomimimo.com/anthropic');
    expect(base('zhipu', { ZAI_API_KEY: 'z' })?.baseUrl).toBe('https://api.z.ai/api/anthropic');
    expect(base('kimi', { KIMI_API_KEY: 'k', KIMI_BASE_URL: 'https://api.moonshot.ai/v1' })?.baseUrl).toBe('https://api.moonshot.ai/anthropic');
    expect(gatewayOf('anthropic', { model: null, workspace: '/nowhere', env: {} })).toBeUndefined();
  });

  it('PC-CODEX-24 a vendor without a Responses endpoint is refused, and those that have one are named', () => {
    for (const name of ['deepseek', 'qwen', 'minimax']) expect(chooseGateway('responses', request(name, {}))).toMatchObject({ provider: name });
    for (const name of ['kimi', 'zhipu', 'xiaomi', 'stepfun', 'anthropic']) {
      expect(() => chooseGateway('responses', request(name, {}))).toThrowError(
        expect.objectContaining({ exitCode: 2, next: expect.stringMatching(/deepseek.*minimax.*qwen|deepseek, .*qwen/) }),
      );
    }
    expect(() => chooseGateway('anthropic', request('openai', {}))).toThrow('has no endpoint');
    expect(() => chooseGateway('anthropic', request('nobody', {}))).toThrow('unknown provider "nobody"');
  });
});
