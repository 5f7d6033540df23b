import { createHash } from 'node:crypto';

// Variables that say as whom the calls of a runtime go out. Of a vendor that is not listed: whatever begins with its name.
const variables: Record<string, readonly string[]> = {
  claude: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'CLAUDE_CONFIG_DIR'],
  codex: ['CODEX_API_KEY', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_HOME'],
};

/**
 * A name for the account behind a provider: the same for the same credentials, and nothing of them can be read from it.
 * `default` where only the login in the user's home decides.
 */
export function accountOf(provider: string, env: NodeJS.ProcessEnv): string {
  const names = variables[provider] ?? vendorVariables(provider, env);
  const set = names.flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
  return set.length === 0 ? 'default' : createHash('sha256').update(set.join('\n')).digest('hex').slice(0, 8);
}

function vendorVariables(provider: string, env: NodeJS.ProcessEnv): string[] {
  const prefix = `${provider.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_`;
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && /_(?:API_KEY|KEY|TOKEN|BASE_URL)$/.test(name))
    .sort();
}
