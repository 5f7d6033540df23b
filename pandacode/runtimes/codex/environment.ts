import { childEnvironment, passedNames } from '../../env/child-environment.ts';
import { endpointConfig, keyVariables } from './command-line.ts';

export interface CodexEnvironment {
  env: NodeJS.ProcessEnv;
  passEnv: readonly string[];
  config: readonly string[];
  privateHome: string;
  /** The home that the session was started with; conversations live there. */
  sessionHome?: string;
}

/**
 * The environment of the CLI, its home folder (undefined: the user's own login) and the configuration it gets.
 * `PANDACODE_CODEX_BASE_URL` names a custom Responses endpoint.
 */
export function codexEnvironment(from: CodexEnvironment): { variables: Record<string, string>; home: string | undefined; config: string[] } {
  const { env } = from;
  const baseUrl = env['PANDACODE_CODEX_BASE_URL'];
  const config = [...(baseUrl ? endpointConfig(baseUrl, 'CODEX_API_KEY') : []), ...from.config];
  const variables = childEnvironment(env, [...keyVariables(config), ...passedNames(from.passEnv, env)]);
  const key = codexKey(env);
  if (key) variables['CODEX_API_KEY'] = key;
  const custom = config.some((pair) => /^model_provider\s*=/.test(pair));
  const home = from.sessionHome ?? (key || custom ? from.privateHome : env['CODEX_HOME']);
  delete variables['CODEX_HOME'];
  if (home) variables['CODEX_HOME'] = home;
  return { variables, home, config };
}

export function codexKey(env: NodeJS.ProcessEnv): string | undefined {
  return env['CODEX_API_KEY'] || env['OPENAI_API_KEY'] || undefined;
}
