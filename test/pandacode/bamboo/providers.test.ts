import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readBambooConfig } from '../../../pandacode/runtimes/bamboo/providers/config-file.ts';
import { catalogueModel, loadCatalogue } from '../../../pandacode/runtimes/bamboo/providers/catalogue.ts';
import { providerNamed, providerOfModel } from '../../../pandacode/runtimes/bamboo/providers/provider-of.ts';
import { requestUrl } from '../../../pandacode/runtimes/bamboo/providers/request-url.ts';
import { keyAdvice, resolveEndpoint, type Wanted } from '../../../pandacode/runtimes/bamboo/providers/resolve.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';

afterAll(removeWorkspaces);
const catalogue = loadCatalogue(undefined, '/nowhere');
const resolve = (wanted: Wanted, env: NodeJS.ProcessEnv = {}, config = {}) => resolveEndpoint(wanted, catalogue, env, config);

describe('the catalogue of vendors', () => {
  it.each([
    ['deepseek', 'https://api.deepseek.com', 'deepseek-flash', ['DEEPSEEK_API_KEY']],
    ['xiaomi', 'https://api.xiaomimimo.com/v1', 'mimo-v2.6-pro', ['XIAOMI_API_KEY', 'MIMO_API_KEY']],
    ['kimi', 'https://api.moonshot.cn/v1', 'kimi-k3.1-pro', ['KIMI_API_KEY', 'MOONSHOT_API_KEY']],
    ['zhipu', 'https://open.bigmodel.cn/api/paas/v4', 'glm-5.3', ['ZHIPU_API_KEY', 'BIGMODEL_API_KEY', 'GLM_API_KEY', 'ZHIPUAI_API_KEY', 'ZAI_API_KEY']],
    ['minimax', 'https://api.minimaxi.com/v1', 'MiniMax-M3', ['MINIMAX_API_KEY', 'MINIMAXI_API_KEY']],
    ['qwen', 'https://dashscope.aliyuncs.com/compatible-mode/v1', 'qwen3.8-max', ['QWEN_API_KEY', 'DASHSCOPE_API_KEY', 'BAILIAN_API_KEY', 'ALIBABA_API_KEY']],
    ['stepfun', 'https://api.stepfun.com/v1', 'step-5-preview', ['STEPFUN_API_KEY', 'STEP_API_KEY', 'STEP_PLAN_API_KEY']],
    ['openai', 'https://api.openai.com/v1', 'gpt-4o-mini', ['OPENAI_API_KEY']],
    ['anthropic', 'https://api.anthropic.com', 'claude-3-5-haiku-latest', ['ANTHROPIC_API_KEY']],
  ])('PC-PROV-01 %s has its base URL, default model and key variables', (name, base, model, variables) => {
    const endpoint = resolve({ provider: name });
    expect([endpoint.baseUrl, endpoint.model, endpoint.provider.key_variables, endpoint.known?.id]).toEqual([base, model, variables, model]);
    expect(keyAdvice(endpoint.provider)).toContain(variables[0]);
  });

  it('PC-PROV-01 files of the user and the workspace are merged over it, the workspace last', () => {
    const ws = workspace();
    const home = join(ws, '..', 'home');
    for (const folder of [ws, home]) mkdirSync(join(folder, '.pandacode'), { recursive: true });
    const model = { id: 'house-1', provider: 'house', context: 1000, max_output: 100 };
    writeFileSync(
      join(home, '.pandacode/models.json'),
      JSON.stringify({
        providers: { house: { base_url: 'http://a', default_model: 'house-1' }, deepseek: { default_model: 'deepseek-next' } },
        models: [model],
      }),
    );
    writeFileSync(join(ws, '.pandacode/models.json'), JSON.stringify({ providers: { house: { base_url: 'http://b' } } }));
    const own = loadCatalogue(ws, home);
    expect(resolveEndpoint({ provider: 'house' }, own, { HOUSE_API_KEY: 'k' }, {})).toMatchObject({
      baseUrl: 'http://b',
      key: 'k',
      known: { context: 1000 },
      quirks: { thinking: 'none' },
    });
    expect(resolveEndpoint({}, own, {}, {})).toMatchObject({ name: 'deepseek', model: 'deepseek-next', quirks: { reasoning_echo: 'tool_calls' } });
    writeFileSync(join(ws, '.pandacode/models.json'), 'no json');
    expect(() => loadCatalogue(ws, home)).toThrow('cannot be read as JSON');
  });

  it('PC-PROV-02 any model is allowed', () => {
    expect(resolve({ provider: 'kimi', model: 'kimi-k9' })).toMatchObject({ name: 'kimi', model: 'kimi-k9', known: undefined });
    expect(catalogueModel(catalogue, 'minimax', 'minimax-m3')?.id).toBe('MiniMax-M3');
  });

  it('PC-PROV-03 base URL and model variables work for every prefix; plan and region keys select their address', () => {
    expect(resolve({ provider: 'qwen' }, { BAILIAN_BASE_URL: 'http://x/v1/', ALIBABA_MODEL: 'qwen-next' })).toMatchObject({
      baseUrl: 'http://x/v1',
      model: 'qwen-next',
    });
    expect(resolve({ provider: 'xiaomi' }, { MIMO_API_KEY: 'tp-123' }).baseUrl).toBe('https://token-plan-cn.xiaomimimo.com/v1');
    expect(resolve({ provider: 'xiaomi' }, { MIMO_API_KEY: 'sk-123' }).baseUrl).toBe('https://api.xiaomimimo.com/v1');
    expect(resolve({ provider: 'zhipu' }, { ZAI_API_KEY: 'k' }).baseUrl).toBe('https://api.z.ai/api/paas/v4');
    expect(resolve({ provider: 'zhipu' }, { ZAI_API_KEY: 'k', GLM_API_KEY: 'first' })).toMatchObject({
      key: 'first',
      baseUrl: 'https://open.bigmodel.cn/api/paas/v4',
    });
  });

  it('PC-PROV-04 aliases and model ids name a vendor; openai and anthropic must be named', () => {
    const aliases = { mimo: 'xiaomi', moonshot: 'kimi', glm: 'zhipu', bigmodel: 'zhipu', dashscope: 'qwen', tongyi: 'qwen', step: 'stepfun', m3: 'minimax' };
    for (const [alias, name] of Object.entries(aliases)) expect([alias, providerNamed(catalogue, alias)]).toEqual([alias, name]);
    const models = { 'glm-5.1': 'zhipu', 'K3.1-Pro': 'kimi', 'minimax-m2.7': 'minimax', 'qwen9-max': 'qwen', 'step-9': 'stepfun', 'mimo-v9': 'xiaomi' };
    for (const [model, name] of Object.entries(models)) expect([model, providerOfModel(catalogue, model)]).toEqual([model, name]);
    for (const model of ['gpt-4o-mini', 'claude-3-5-haiku-latest', 'openai', 'anthropic', 'opus', 'llama'])
      expect(providerOfModel(catalogue, model)).toBeUndefined();
    expect(resolve({ model: 'moonshot' })).toMatchObject({ name: 'kimi', model: 'kimi-k3.1-pro' });
  });

  it('PC-PROV-05 the provider is the named, the stored, that of the model, of the variable, deepseek', () => {
    const env = { PANDACODE_BAMBOO_PROVIDER: 'qwen' };
    expect(resolve({ provider: 'kimi', storedProvider: 'zhipu', model: 'glm-5.3' }, env).name).toBe('kimi');
    expect(resolve({ storedProvider: 'zhipu', model: 'kimi-k3' }, env).name).toBe('zhipu');
    expect(resolve({ model: 'kimi-k3' }, env).name).toBe('kimi');
    expect([resolve({}, env).name, resolve({}).name, resolve({}, { BAMBOO_PROVIDER: 'step' }).name]).toEqual(['qwen', 'deepseek', 'stepfun']);
    expect(resolve({ provider: 'kimi', storedProvider: 'zhipu', storedModel: 'glm-5.1' }).model).toBe('kimi-k3.1-pro');
    expect(resolve({ storedProvider: 'zhipu', storedModel: 'glm-5.1' }).model).toBe('glm-5.1');
    expect(() => resolve({ provider: 'acme' })).toThrow('unknown provider "acme"');
  });

  it.each([
    ['https://api.deepseek.com', 'deepseek', 'https://api.deepseek.com/chat/completions'],
    ['http://h/v1/', 'kimi', 'http://h/v1/chat/completions'],
    ['https://open.bigmodel.cn/api/paas/v4', 'zhipu', 'https://open.bigmodel.cn/api/paas/v4/chat/completions'],
    ['http://h/v12', 'x', 'http://h/v12/chat/completions'],
    ['http://h', 'kimi', 'http://h/v1/chat/completions'],
    ['http://h/x/chat/completions', 'kimi', 'http://h/x/chat/completions'],
  ])('PC-PROV-06 the request of %s (%s) goes to %s', (base, provider, url) => {
    expect(requestUrl(base, provider)).toBe(url);
  });
});

describe('where key, base URL and model come from', () => {
  it('PC-ENV-02 PC-ENV-04 own variables win over generic ones, these over the file, this over the default', () => {
    const config = { base_url: 'http://file', api_key: 'file', model: 'm-file' };
    const legacy = { BAMBOO_API_KEY: 'old', BAMBOO_BASE_URL: 'http://old', BAMBOO_MODEL: 'm-old' };
    const generic = { ...legacy, PANDACODE_BAMBOO_API_KEY: 'new', PANDACODE_BAMBOO_BASE_URL: 'http://new', PANDACODE_BAMBOO_MODEL: 'm-new' };
    const own = { ...generic, DEEPSEEK_API_KEY: 'own', DEEPSEEK_BASE_URL: 'http://own', DEEPSEEK_MODEL: 'm-own' };
    const of = (env: NodeJS.ProcessEnv, wanted: Wanted = {}, file = config) => {
      const { key, baseUrl, model } = resolve(wanted, env, file);
      return [key, baseUrl, model];
    };
    expect(of(own, { model: 'cli' })).toEqual(['own', 'http://own', 'cli']);
    expect(of(own)).toEqual(['own', 'http://own', 'm-own']);
    expect(of(generic)).toEqual(['new', 'http://new', 'm-new']);
    expect(of(legacy)).toEqual(['old', 'http://old', 'm-old']);
    expect(of({})).toEqual(['file', 'http://file', 'm-file']);
    expect(of({}, {}, {} as typeof config)).toEqual([undefined, 'https://api.deepseek.com', 'deepseek-flash']);
  });

  it('PC-ENV-05 generic values are for the generic vendor; its key goes to no other', () => {
    const generic = { PANDACODE_BAMBOO_API_KEY: 'g', PANDACODE_BAMBOO_BASE_URL: 'http://g', PANDACODE_BAMBOO_MODEL: 'm' };
    expect(resolve({ provider: 'kimi' }, generic)).toMatchObject({ key: 'g', baseUrl: 'https://api.moonshot.cn/v1', model: 'kimi-k3.1-pro' });
    const set = { ...generic, PANDACODE_BAMBOO_PROVIDER: 'zhipu' };
    expect(resolve({ provider: 'kimi' }, set)).toMatchObject({ key: undefined, baseUrl: 'https://api.moonshot.cn/v1' });
    expect(resolve({ provider: 'glm' }, set)).toMatchObject({ key: 'g', baseUrl: 'http://g', model: 'm' });
    expect(resolve({ provider: 'kimi' }, {}, { provider: 'zhipu', api_key: 'file' }).key).toBeUndefined();
    expect(resolve({ storedProvider: 'deepseek', storedByName: false }, generic)).toMatchObject({ baseUrl: 'http://g' });
    expect(resolve({ storedProvider: 'deepseek', storedByName: true }, generic)).toMatchObject({ baseUrl: 'https://api.deepseek.com' });
  });

  it('PC-ENV-02 reads the configuration file of the user', () => {
    const folder = workspace();
    const text = [
      '# mine',
      'provider = "kimi"',
      "model = 'k3'",
      'base_url = "http://x" # here',
      'max_tokens = 4_096',
      'wrong line',
      '[other]',
      'api_key = "no"',
    ];
    writeFileSync(join(folder, 'config.toml'), text.join('\n'));
    expect(readBambooConfig({ PANDACODE_BAMBOO_CONFIG_DIR: folder })).toEqual({ provider: 'kimi', model: 'k3', base_url: 'http://x', max_tokens: 4096 });
    expect(readBambooConfig({ HOME: folder })).toEqual({});
  });
});
