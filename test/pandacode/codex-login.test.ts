import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { codex } from '../../pandacode/runtimes/codex/codex.ts';
import { diagnoseCodex } from '../../pandacode/runtimes/codex/diagnose.ts';
import { removeWorkspaces, workspace } from '../support/pandacode.ts';
import { runOf, scriptedCli, type RunWishes } from './scripted-cli.ts';

afterEach(removeWorkspaces);

const answers = {
  nobody: 'echo "WARNING: proceeding" >&2; echo "Not logged in" >&2; exit 1',
  somebody: 'echo "Logged in using ChatGPT" >&2; exit 0',
  // A release without the command.
  unknown: 'echo "error: unrecognized subcommand" >&2; exit 2',
  broken: 'echo "Error checking login status: no keyring. Not logged in?" >&2; exit 1',
};

/** A CLI that says this of the login, notes that it was asked, and does the task. */
function cli(ws: string, answer: keyof typeof answers) {
  const made = scriptedCli(ws, {
    lines: [
      { type: 'thread.started', thread_id: 't-1' },
      { type: 'item.completed', item: { id: 'm', type: 'agent_message', text: 'done' } },
      { type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } },
    ],
  });
  const asked = join(ws, '..', 'asked');
  const bin = join(ws, '..', 'codex');
  writeFileSync(
    bin,
    `#!/bin/sh\n[ "$1" = --version ] && echo 9.9.9 && exit\nif [ "$1 $2" = "login status" ]; then echo x >> '${asked}'; cat > /dev/null; ${answers[answer]}; fi\nexec '${made.bin}' "$@"\n`,
    { mode: 0o755 },
  );
  return { ...made, bin, asked };
}

async function run(answer: keyof typeof answers, wishes: RunWishes = {}, prepare: (home: string) => void = () => {}) {
  const ws = workspace();
  prepare(join(ws, '..'));
  const made = cli(ws, answer);
  const report = await runOf(codex, ws, { ...wishes, options: { bin: made.bin, ...wishes.options } });
  return { report, calls: made.calls().length };
}

const logIn = (home: string) => {
  mkdirSync(join(home, '.codex'));
  writeFileSync(join(home, '.codex', 'auth.json'), '{}');
};

describe('codex and its login', () => {
  it('PC-ERR-02 PC-CODEX-18 with neither login nor key the run ends at once as auth, with the way out, and can be resumed by none', async () => {
    const { report, calls } = await run('nobody');
    expect(report).toMatchObject({
      ...{ ok: false, state: 'failed', usage: null },
      error: {
        category: 'auth',
        retryable: false,
        message: expect.stringContaining('nobody is logged in'),
        next_action: expect.stringContaining('codex login'),
      },
      record: { state: 'failed', thread_id: null },
    });
    expect(report.record).not.toHaveProperty('provider');
    expect(calls).toBe(0);
  });

  it.each<[string, keyof typeof answers, RunWishes, ((home: string) => void)?]>([
    ['a login in the keyring of the system', 'somebody', {}],
    ['a CLI that does not know the question', 'unknown', {}],
    ['a CLI that cannot tell', 'broken', {}],
    ['a login file', 'nobody', {}, logIn],
    ['a key', 'nobody', { env: { CODEX_API_KEY: 'k' } }],
    ['the key of OpenAI', 'nobody', { env: { OPENAI_API_KEY: 'k' } }],
    ['an endpoint of its own', 'nobody', { env: { PANDACODE_CODEX_BASE_URL: 'http://127.0.0.1:9/v1' } }],
    ['a configuration of its own', 'nobody', { options: { codexConfig: ['model_provider="mine"'] } }],
    ['a token that is passed on', 'nobody', { env: { CODEX_ACCESS_TOKEN: 't' }, options: { passEnv: ['CODEX_ACCESS_TOKEN'] } }],
  ])('PC-CODEX-18 with %s the run begins', async (_, answer, wishes, prepare) => {
    const { report, calls } = await run(answer, wishes, prepare);
    expect([report.ok, report.last_agent_message, calls]).toEqual([true, 'done', 1]);
  });

  it.each<[keyof typeof answers, boolean, boolean]>([
    ['nobody', false, false],
    ['nobody', true, false],
    ['somebody', false, true],
    ['unknown', false, false],
    ['unknown', true, true],
  ])('PC-CMD-07 doctor asks the CLI (%s, login file: %s)', async (answer, hasFile, configured) => {
    const ws = workspace();
    const home = join(ws, '..');
    if (hasFile) logIn(home);
    const diagnosis = await diagnoseCodex({ bin: cli(ws, answer).bin }, { PATH: process.env['PATH'], HOME: home });
    expect([diagnosis.configured, diagnosis.missing]).toEqual([configured, configured ? [] : ['login or API key']]);
  });
});
