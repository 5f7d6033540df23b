import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedCli } from '../support/clis.ts';
import { startFakeLlm, type FakeLlm, type Scenario } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, workspace } from '../support/pandacode.ts';

const clis = { claude: installedCli('claude'), codex: installedCli('codex') };
const key = 'sk-fake-0123456789abcdef';
let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm({ key });
});
afterAll(async () => {
  await fake.close();
  removeWorkspaces();
});

/** A workspace whose catalogue sends DeepSeek's requests to the fake server. */
function place(): string {
  const ws = workspace();
  mkdirSync(join(ws, '.pandacode'));
  const providers = { deepseek: { anthropic_base_url: `${fake.url}/anthropic`, responses_base_url: `${fake.url}/v1` } };
  writeFileSync(join(ws, '.pandacode/models.json'), JSON.stringify({ providers }));
  return ws;
}

async function run(runtime: 'claude' | 'codex', scenario: Scenario, args: string[], ws = place(), command = 'exec') {
  const before = fake.requests.length;
  const env = { DEEPSEEK_API_KEY: key, ANTHROPIC_API_KEY: 'sk-other-0123456789abcd', OPENAI_API_KEY: 'sk-other-0123456789abcd' };
  const bin = runtime === 'claude' ? { PANDACODE_CLAUDE_BIN: clis.claude } : { PANDACODE_CODEX_BIN: clis.codex };
  const ended = await pandacode([runtime, command, '--cd', ws, '--session', 's', '-', '--json', '--effort', 'low', ...args], {
    input: `Do the task.\n<fake-llm>${JSON.stringify(scenario)}</fake-llm>`,
    env: { ...env, ...bin },
  });
  if (!ended.report) throw new Error(`no report: ${ended.stdout} ${ended.stderr}`);
  return { ...ended, ws, asked: fake.requests.slice(before) };
}

const work: Scenario = {
  turns: [[{ think: 'hm' }, { bash: 'echo hi > new.txt' }], { text: 'all done' }],
  usage: { input: 1000, output: 10 },
  requireReasoningEcho: true,
};

describe.skipIf(!clis.claude)('another vendor through the claude CLI', () => {
  it('PC-CLAUDE-25 goes to its Anthropic endpoint with its key, in bare mode, without betas', async () => {
    const { report, ws, asked } = await run('claude', work, ['--gateway', 'deepseek']);
    expect(report).toMatchObject({
      ok: true,
      last_agent_message: 'all done',
      model: 'deepseek-flash',
      summary: { mode: 'bare' },
      record: { provider: 'deepseek' },
    });
    expect(readFileSync(join(ws, 'new.txt'), 'utf8')).toBe('hi\n');
    expect(asked.length).toBeGreaterThan(0);
    for (const request of asked) {
      expect(request.url).toMatch(/^\/anthropic\/v1\/messages/);
      expect(request.headers['authorization']).toBe(`Bearer ${key}`);
      expect(request.headers).not.toHaveProperty('x-api-key');
      expect(request.body).not.toHaveProperty('context_management');
      expect(JSON.stringify(request.body['system'])).not.toContain('x-anthropic-billing-header');
    }
    expect(report.cost).toMatchObject({ basis: 'price_file', amount: expect.any(Number) });
    const next = await run('claude', { turns: [{ text: 'two' }] }, [], ws, 'resume');
    expect(next.report).toMatchObject({ ok: true, last_agent_message: 'two', model: 'deepseek-flash' });
    expect(next.asked.at(-1)?.url).toMatch(/^\/anthropic\//);
  });
});

describe.skipIf(!clis.codex)('another vendor through the codex CLI', () => {
  it('PC-CODEX-24 goes to its Responses endpoint with its key', async () => {
    const { report, ws, asked } = await run('codex', { turns: [{ bash: 'echo hi > new.txt' }, { text: 'all done' }] }, [
      '--gateway',
      'deepseek',
      '--model',
      'deepseek-v4-pro',
    ]);
    expect(report).toMatchObject({ ok: true, last_agent_message: 'all done', model: 'deepseek-v4-pro', record: { provider: 'deepseek' } });
    expect(readFileSync(join(ws, 'new.txt'), 'utf8')).toBe('hi\n');
    for (const request of asked) expect(request).toMatchObject({ url: '/v1/responses', headers: { authorization: `Bearer ${key}` } });
    const next = await run('codex', { turns: [{ text: 'two' }] }, [], ws, 'resume');
    expect(next.report).toMatchObject({ ok: true, last_agent_message: 'two', model: 'deepseek-v4-pro' });
  });
});
