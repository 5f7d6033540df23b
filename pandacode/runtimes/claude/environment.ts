import { childEnvironment, passedNames } from '../../env/child-environment.ts';
import type { Effort } from '../runtime.ts';
import { hasApiKey } from './command-line.ts';

const own = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_DEFAULT_OPUS_MODEL',
  'ANTHROPIC_DEFAULT_SONNET_MODEL',
  'ANTHROPIC_DEFAULT_HAIKU_MODEL',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'API_TIMEOUT_MS',
  'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
  'MAX_THINKING_TOKENS',
];

export interface ClaudeEnvironment {
  env: NodeJS.ProcessEnv;
  passEnv: readonly string[];
  effort: Effort | null;
  /** Used as CLAUDE_CONFIG_DIR when an API key is set and nobody chose a folder. */
  privateConfigDir: string;
  /** The folder that the session was started with; it wins, since conversations live there. */
  sessionConfigDir?: string;
  userId: number | undefined;
}

/** The environment of the CLI, and the config folder it uses (undefined: the user's own). */
export function claudeEnvironment(from: ClaudeEnvironment): { variables: Record<string, string>; configDir: string | undefined } {
  const { env } = from;
  const variables = childEnvironment(env, [...own, ...passedNames(from.passEnv, env)]);
  const nested = Boolean(env['CLAUDECODE']);
  const inherited = nested ? undefined : env['CLAUDE_CONFIG_DIR'];
  const configDir = from.sessionConfigDir ?? inherited ?? (hasApiKey(env) ? from.privateConfigDir : undefined);
  delete variables['CLAUDE_CONFIG_DIR'];
  if (configDir) variables['CLAUDE_CONFIG_DIR'] = configDir;
  if (!nested && env['CLAUDE_CODE_SIMPLE']) variables['CLAUDE_CODE_SIMPLE'] = env['CLAUDE_CODE_SIMPLE'];
  Object.assign(variables, {
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    CLAUDE_CODE_MAX_RETRIES: env['CLAUDE_CODE_MAX_RETRIES'] ?? '2',
    // `-p` would drop background shells at its exit.
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  });
  // The CLI refuses bypassPermissions for root unless it is told that it runs in a sandbox.
  if (from.userId === 0) variables['IS_SANDBOX'] = '1';
  if (from.effort === 'none') variables['MAX_THINKING_TOKENS'] = '0';
  if (env['PANDACODE_CLAUDE_SCRUB'] === '1') variables['CLAUDE_CODE_SUBPROCESS_ENV_SCRUB'] = '1';
  return { variables, configDir };
}

/** The environment of a call that goes to another vendor: its address, and its key instead of the user's own. */
export function gatewayVariables(env: NodeJS.ProcessEnv, { baseUrl, key }: { baseUrl: string; key: string }): NodeJS.ProcessEnv {
  return { ...env, ANTHROPIC_BASE_URL: baseUrl, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: undefined };
}

/** Takes out what other vendors refuse, and a line in the system prompt that spoils their prefix caches. */
export const gatewaySwitches = { CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1', CLAUDE_CODE_ATTRIBUTION_HEADER: '0' };
