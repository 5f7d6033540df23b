import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { failure, type Failure } from '../../errors/failure.ts';
import { probe } from '../../process/probe.ts';
import { ensureDirectory } from '../../state/layout.ts';
import type { ChoiceRequest } from '../runtime.ts';
import { codexBinary } from './binary.ts';
import { codexEnvironment, codexKey } from './environment.ts';

export const loginAdvice = 'Log in with `codex login`, or set CODEX_API_KEY or OPENAI_API_KEY.';

const quickMs = 3000;

/** Whether somebody is logged in with the CLI, as it says itself, offline and at once; undefined when it does not say. */
export async function codexLogin(command: string, env: NodeJS.ProcessEnv, timeoutMs?: number): Promise<boolean | undefined> {
  const answer = await probe(command, ['login', 'status'], { env, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  if ('stdout' in answer) return /logged in|API key/i.test(answer.stdout + answer.stderr) || undefined;
  // The message holds what the command wrote on stderr.
  return /^Not logged in\b/m.test(answer.error.message) ? false : undefined;
}

/** Whether the folder of the CLI holds the file of a login. */
export function hasLoginFile(env: NodeJS.ProcessEnv): boolean {
  return existsSync(join(env['CODEX_HOME'] || join(env['HOME'] || homedir(), '.codex'), 'auth.json'));
}

/**
 * Why a run cannot begin for which nobody is logged in: offline the CLI would wait for the network until the time limit of the node. With a login
 * file, a key or a configuration of its own the CLI is not asked.
 *
 * @returns undefined when the run may begin
 */
export async function missingLogin({ env, options, stored }: ChoiceRequest): Promise<Failure | undefined> {
  if (codexKey(env) || env['PANDACODE_CODEX_BASE_URL'] || options.codexConfig.length > 0) return undefined;
  const sessionHome = stored?.artifacts['config_dir'];
  const { variables, home } = codexEnvironment({
    ...{ env, passEnv: options.passEnv, config: [], privateHome: '' },
    ...(typeof sessionHome === 'string' ? { sessionHome } : {}),
  });
  if (variables['CODEX_ACCESS_TOKEN'] || hasLoginFile(variables)) return undefined;
  if (home) ensureDirectory(home);
  const command = codexBinary(options.bin || env['PANDACODE_CODEX_BIN'] || 'codex', env);
  if ((await codexLogin(command, variables, quickMs)) !== false) return undefined;
  return failure('auth', 'codex: nobody is logged in, and no API key is set', { next_action: loginAdvice });
}
