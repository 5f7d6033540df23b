import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { workspace } from '../../support/pandacode.ts';
import { taskOf, useBamboo } from './bamboo-run.ts';

const bamboo = useBamboo();

const { pandacode } = await import('../../support/pandacode.ts');
const at = (ws: string, ...args: string[]) => pandacode(['bamboo', ...args, '--cd', ws, '--json'], { env: { ...bamboo.env, HOME: join(ws, '..') } });

describe('commands about bamboo', () => {
  it('PC-CMD-09 doctor tells what a run would use, and asks the model only with --live', async () => {
    const ws = workspace();
    const before = bamboo.server.requests.length;
    const { code, report } = await at(ws, 'doctor');
    expect([code, bamboo.server.requests.length]).toEqual([0, before]);
    expect(report.bamboo).toMatchObject({
      ok: true,
      state: 'available',
      driver: 'bamboo-native',
      missing: [],
      active: {
        provider: 'deepseek',
        model: 'deepseek-flash',
        base_url: bamboo.server.url,
        api_key_present: true,
        model_known: true,
        price_file: 'builtin',
        price_file_present: true,
      },
      live_check: null,
      capabilities: { verify_commands: true, provider_cache: true, cost_budget: true },
    });
    expect(report.bamboo.models).toContain('deepseek-v4-pro');
    expect((await at(ws, 'doctor', '--live')).report.bamboo.live_check).toMatchObject({ ok: true, model: 'deepseek-flash' });
    const other = await at(ws, 'doctor', '--provider', 'kimi');
    expect(other).toMatchObject({
      code: 1,
      report: { bamboo: { ok: false, state: 'configuration_needed', missing: ['api_key'], active: { provider: 'kimi', api_key_present: false } } },
    });
  });

  it('PC-CMD-06 models lists the catalogue', async () => {
    const { report } = await at(workspace(), 'models', '--provider', 'glm');
    expect(report.bamboo).toMatchObject({
      ok: true,
      raw: { source: 'builtin', providers: [{ name: 'zhipu', default_model: 'glm-5.3' }], provider_params: [{ provider: 'zhipu' }] },
    });
    expect(report.bamboo.raw.models[0]).toMatchObject({
      id: 'glm-5.3',
      context: 200_000,
      max_output: 128_000,
      thinking: ['enabled', 'disabled'],
      reasoning_levels: ['low', 'high', 'max'],
      tool_use: true,
    });
  });

  it('PC-CMD-05 model changes vendor, model and generation for the next turn; PC-CMD-04 list shows the runs', async () => {
    const { ws } = await bamboo.exec(taskOf([{ text: 'one' }]));
    expect((await at(ws, 'model', '--session', 's', '--max-tokens', '77', '--param', 'user="me"')).report).toMatchObject({
      ok: true,
      model: 'deepseek-flash',
      provider: 'deepseek',
    });
    await bamboo.exec(taskOf([{ text: 'two' }]), { ws, command: ['bamboo', 'resume'] });
    expect(bamboo.requests(ws).at(-1)!.body).toMatchObject({ max_tokens: 77, user: 'me' });
    expect((await at(ws, 'model', '--session', 's', '--provider', 'kimi')).report).toMatchObject({ provider: 'kimi', model: null });
    const { report } = await at(ws, 'list');
    expect(report.bamboo).toMatchObject([{ session: 's', provider: 'kimi' }]);
    expect(report.runs).toMatchObject([{ resumed_from: expect.stringMatching(/^run-/) }, { resumed_from: null, provider: 'deepseek' }]);
  });

  it.each([
    ['--param', 'x', 'must be KEY=JSON'],
    ['--param', 'x=y', 'no JSON'],
    ['--provider', 'acme', 'unknown provider "acme"'],
    ['--thinking', 'maybe', 'enabled, disabled'],
    ['--cache-prefix-file', 'none.md', 'cannot be read'],
  ])('PC-OUT-05 a wrong %s %s is refused', async (flag, value, message) => {
    const { code, report } = await bamboo.exec(taskOf([{ text: 'x' }]), { flags: [flag, value] });
    expect([report.ok, report.error.category, code === 0]).toEqual([false, 'invalid_request', false]);
    expect(report.error.message).toContain(message);
  });

  it('PC-ARC-07 one file imports the model library, and the other runtimes never load it', () => {
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const files = (folder: string) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const users = ['pandacode', 'src', 'cli', 'activities'].flatMap((folder) =>
      files(folder)
        .filter((name) => /from '(?:ai|@ai-sdk\/[a-z-]+)'/.test(readFileSync(join(root, folder, name), 'utf8')))
        .map((name) => `${folder}/${name}`),
    );
    expect(users).toEqual(['pandacode/runtimes/bamboo/model/ai-adapter.ts']);
    const eager = files('pandacode').filter((name) => /^import [^;]*ai-adapter\.ts'/m.test(readFileSync(join(root, 'pandacode', name), 'utf8')));
    expect(eager).toEqual([]);
  });
});
