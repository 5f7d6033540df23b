import { probe } from '../../process/probe.ts';
import type { Diagnosis, RuntimeOptions } from '../runtime.ts';
import { isOlder, versionIn } from '../version-number.ts';
import { codexBinary } from './binary.ts';
import { codexKey } from './environment.ts';
import { codexLogin, hasLoginFile, loginAdvice } from './login.ts';

/** The version of the CLI that this build is tested with. */
export const codexPin = '0.169.0';

export async function diagnoseCodex(options: Pick<RuntimeOptions, 'bin'>, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const bin = codexBinary(options.bin || env['PANDACODE_CODEX_BIN'] || 'codex', env);
  const key = Boolean(codexKey(env));
  const [answer, login] = await Promise.all([probe(bin, ['--version'], { env }), key ? undefined : codexLogin(bin, env)]);
  const version = 'stdout' in answer ? versionIn(answer.stdout) : null;
  const configured = key || (login ?? hasLoginFile(env));
  return {
    requirements: ['codex', 'login or API key'],
    missing: [...('error' in answer ? ['codex'] : []), ...(configured ? [] : ['login or API key'])],
    version,
    warnings: version && isOlder(version, codexPin) ? [`codex ${version} is older than ${codexPin}, which this build is tested with`] : [],
    configured,
    extra: { binary: bin, ...nextAction('error' in answer, configured) },
  };
}

function nextAction(isMissing: boolean, configured: boolean): { next_action?: string } {
  if (isMissing) return { next_action: `Install Codex ${codexPin} (npm package @openai/codex), or name it by PANDACODE_CODEX_BIN.` };
  return configured ? {} : { next_action: loginAdvice };
}

interface CatalogueModel {
  slug?: string;
  display_name?: string;
  supported_reasoning_levels?: { effort?: string }[];
}

/** The models that the CLI brings along. */
export async function codexModels(options: Pick<RuntimeOptions, 'bin'>, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const models = await catalogue(codexBinary(options.bin || env['PANDACODE_CODEX_BIN'] || 'codex', env), env);
  if (!models) return { ok: false, error: 'the codex CLI was not found, or it did not list its models' };
  return {
    ok: true,
    source: 'codex debug models --bundled',
    models: models.map(({ slug, display_name, supported_reasoning_levels }) => ({
      id: slug,
      name: display_name,
      efforts: supported_reasoning_levels?.map((level) => level.effort) ?? [],
    })),
  };
}

/** Whether the CLI's catalogue lists the effort `max` for a model; false when nobody can tell. */
export async function supportsMax(command: string, model: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const entry = (await catalogue(command, env))?.find((one) => one.slug === model);
  return entry?.supported_reasoning_levels?.some((level) => level.effort === 'max') ?? false;
}

async function catalogue(command: string, env: NodeJS.ProcessEnv): Promise<CatalogueModel[] | undefined> {
  const answer = await probe(command, ['debug', 'models', '--bundled'], { env });
  if ('error' in answer) return undefined;
  try {
    return (JSON.parse(answer.stdout) as { models?: CatalogueModel[] }).models;
  } catch {
    return undefined;
  }
}
