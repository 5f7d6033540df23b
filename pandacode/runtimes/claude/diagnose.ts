import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { probe } from '../../process/probe.ts';
import type { Diagnosis, RuntimeOptions } from '../runtime.ts';
import { isOlder, versionIn } from '../version-number.ts';
import { hasApiKey } from './command-line.ts';

/** The version of the CLI that this build is tested with. */
export const claudePin = '2.1.328';

export async function diagnoseClaude(options: Pick<RuntimeOptions, 'bin'>, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const bin = options.bin || env['PANDACODE_CLAUDE_BIN'] || 'claude';
  const answer = await probe(bin, ['--version'], { env: { ...env, DISABLE_AUTOUPDATER: '1' } });
  const version = 'stdout' in answer ? versionIn(answer.stdout) : null;
  const configDir = env['CLAUDE_CONFIG_DIR'] || join(homedir(), '.claude');
  const configured =
    hasApiKey(env) || Boolean(env['CLAUDE_CODE_OAUTH_TOKEN']) || existsSync(join(configDir, '.credentials.json')) || process.platform === 'darwin';
  const warnings = version && isOlder(version, claudePin) ? [`claude ${version} is older than ${claudePin}, which this build is tested with`] : [];
  return {
    requirements: ['claude', 'login or API key'],
    missing: [...('error' in answer ? ['claude'] : []), ...(configured ? [] : ['login or API key'])],
    version,
    warnings,
    configured,
    extra: { binary: bin, ...nextAction('error' in answer, configured) },
  };
}

function nextAction(isMissing: boolean, configured: boolean): { next_action?: string } {
  if (isMissing) return { next_action: `Install Claude Code ${claudePin} (npm package @anthropic-ai/claude-code), or name it by PANDACODE_CLAUDE_BIN.` };
  return configured ? {} : { next_action: 'Log in with `claude` and /login, or set ANTHROPIC_API_KEY.' };
}

const aliases = { opus: 'claude-opus-5-5', sonnet: 'claude-sonnet-5-5', haiku: 'claude-haiku-5-5', fable: 'claude-fable-5-2' };

/** The model aliases of the tested CLI; it has no command that lists models. */
export async function claudeModels(options: Pick<RuntimeOptions, 'bin'>, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const { version } = await diagnoseClaude(options, env);
  return version === null
    ? { ok: false, error: 'the claude CLI was not found' }
    : { ok: true, source: 'builtin', known_aliases: aliases, cli_version: version };
}
