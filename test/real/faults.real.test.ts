import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedCli } from '../support/clis.ts';
import { startFakeLlm, type FakeLlm, type Scenario } from '../support/fake-llm/fake-llm.mjs';
import { pandacode, removeWorkspaces, workspace } from '../support/pandacode.ts';

const bins = { claude: installedCli('claude'), codex: installedCli('codex') };
let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm({ chunk: 1_000_000 });
});
afterAll(async () => {
  await fake.close();
  removeWorkspaces();
});

const key = 'sk-fake-0123456789abcdef';

describe.each(['claude', 'codex'] as const)('trouble that the real %s CLI runs into', (name) => {
  async function run(scenario: Scenario, flags: string[] = [], server = fake) {
    const env =
      name === 'claude'
        ? { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: key, PANDACODE_CLAUDE_BIN: bins.claude, CLAUDE_CODE_MAX_RETRIES: '1' }
        : { PANDACODE_CODEX_BASE_URL: `${server.url}/v1`, CODEX_API_KEY: key, PANDACODE_CODEX_BIN: bins.codex };
    const input = `Do the task.${scenario.turns.length > 0 ? `\n<fake-llm>${JSON.stringify(scenario)}</fake-llm>` : ''}`;
    const model = name === 'claude' ? ['--model', 'sonnet', '--effort', 'low'] : [];
    const ended = await pandacode([name, 'exec', '--cd', workspace(), '--session', 's', '-', '--json', ...model, ...flags], { input, env });
    if (!ended.report) throw new Error(`no report: ${ended.stdout} ${ended.stderr}`);
    return ended;
  }

  it.skipIf(!bins[name]).each([
    ['a limit that names no wait', { status: 429, type: 'rate_limit_error', message: 'slow down' }, 'rate_limit'],
    ['an overloaded vendor', { status: 529, type: 'overloaded_error', message: 'Overloaded' }, 'overloaded'],
  ])('PC-TEST-07 %s', async (_, error, category) => {
    const { code, report } = await run({ turns: [{ error }] });
    expect([code, report.state, report.error.category, report.error.retryable]).toEqual([1, 'failed', category, true]);
  });

  it.skipIf(!bins[name]).each([
    ['a dropped connection', [{ drop: true }]],
    ['half a stream', [[{ text: 'half of it' }, { cut: true }]]],
  ] as [string, Scenario['turns']][])('PC-TEST-07 %s is network trouble', async (_, turns) => {
    const { code, report } = await run({ turns }, ['--timeout-ms', '120000']);
    expect([code, report.error.category, report.error.retryable]).toEqual([1, 'network', true]);
  });

  it.skipIf(!bins[name]).each([
    ['before the first byte', [[{ hang: 200_000 }, { text: 'late' }]]],
    ['after the first bytes', [[{ text: 'first half' }, { stall: 200_000 }]]],
  ] as [string, Scenario['turns']][])('PC-TEST-07 PC-WD-03 a vendor that falls silent %s ends at the idle limit', async (_, turns) => {
    const { code, report } = await run({ turns }, ['--idle-timeout-ms', '12000', '--timeout-ms', '240000']);
    expect([code, report.state, report.error.category]).toEqual([1, 'timeout', 'pandacode_timeout']);
    expect(report.error.message).toContain('idle limit');
  });

  it.skipIf(!bins[name])('PC-TEST-07 tool arguments that are no JSON do not end the run', async () => {
    const tool = name === 'claude' ? 'Bash' : 'exec_command';
    const { report } = await run({ turns: [{ tool: { name: tool, raw: '{not json' } }, { text: 'recovered' }] });
    expect(report).toMatchObject({ ok: true, last_agent_message: 'recovered' });
  });

  it.skipIf(!bins[name])('PC-TEST-07 PC-USE-10 an endless tool loop is held by the step cap', async () => {
    const { code, report } = await run({ turns: [{ bash: 'true' }] }, ['--max-steps', '4', '--timeout-ms', '240000']);
    expect([code, report.state, report.error.category]).toEqual([1, 'blocked', 'max_turns']);
  });

  it.skipIf(!bins[name])('PC-TEST-07 PC-REP-02 a message of ten megabytes in one line comes through whole', async () => {
    const text = `start ${'x'.repeat(10_000_000)} end`;
    // Not in the prompt: one of this size is handed over as a file.
    const server = await startFakeLlm({ chunk: 1_000_000, scenario: { turns: [{ text }] } });
    const { report } = await run({ turns: [] }, ['--timeout-ms', '240000'], server).finally(() => server.close());
    expect([report.ok, report.last_agent_message?.length, report.last_agent_message?.slice(-4)]).toEqual([true, text.length, ' end']);
  });
});
