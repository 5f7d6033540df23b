import { OdwError } from '../../src/errors/error.ts';
import { invalidRequest, usageError } from '../errors/raise.ts';
import { runtimes } from '../runtimes/registry.ts';
import { runtimeNames, type RuntimeName } from '../runtimes/runtime.ts';
import { latestSession, runtimesWithSession } from '../state/session-record.ts';
import { sessionName } from '../state/session-name.ts';

interface Choice {
  runtime?: string;
  provider?: string;
  session: string;
}

/** The runtime of a new run: named, by provider, by model, by `PANDACODE_RUNTIME`, else the first whose CLI answers. */
export async function chooseForRun(choice: Choice, model: string | undefined, env: NodeJS.ProcessEnv): Promise<RuntimeName> {
  const named = namedRuntime(choice.runtime);
  if (named) return named;
  if (choice.provider) return 'bamboo';
  const byModel = model === undefined ? undefined : (runtimeOfModel(model) ?? (await bambooIfKnown(model, env)));
  if (byModel) return byModel;
  const byVariable = namedRuntime(env['PANDACODE_RUNTIME']);
  if (byVariable) return byVariable;
  for (const name of ['bamboo', 'claude', 'codex'] as const) {
    const found = await runtimes.find((one) => one.name === name)?.diagnose({}, env);
    if (name === 'bamboo' ? found?.configured : found && found.version !== null) return name;
  }
  throw new OdwError('executor-not-installed', 'there is no API key of a model vendor, and neither the claude nor the codex CLI was found');
}

async function bambooIfKnown(model: string, env: NodeJS.ProcessEnv): Promise<RuntimeName | undefined> {
  const [{ loadCatalogue }, { providerOfModel }] = await Promise.all([
    import('../runtimes/bamboo/providers/catalogue.ts'),
    import('../runtimes/bamboo/providers/provider-of.ts'),
  ]);
  return providerOfModel(loadCatalogue(undefined, env['HOME']), model) ? 'bamboo' : undefined;
}

/** The runtime of an existing session: named, by `PANDACODE_RUNTIME`, else the one that has it. */
export function chooseForSession(choice: Choice, stateDir: string, env: NodeJS.ProcessEnv): RuntimeName {
  const named = namedRuntime(choice.runtime) ?? (choice.provider ? 'bamboo' : namedRuntime(env['PANDACODE_RUNTIME']));
  if (named) return named;
  if (choice.session === 'latest') {
    const latest = latestSession(stateDir);
    if (!latest) throw invalidRequest(`there is no session in ${stateDir}`);
    return latest.runtime;
  }
  const found = runtimesWithSession(stateDir, sessionName(choice.session));
  if (found.length === 0) throw invalidRequest(`there is no session ${choice.session} in ${stateDir}`);
  if (found.length > 1) throw invalidRequest(`session ${choice.session} exists in several runtimes: ${found.join(', ')}; name one with --runtime`);
  return found[0]!;
}

/** The runtime that a model's name belongs to; undefined when it tells nothing. */
export function runtimeOfModel(model: string): RuntimeName | undefined {
  if (/^(?:haiku|sonnet|opus|fable)$|^claude-/i.test(model)) return 'claude';
  return /^(?:gpt-|o[134])/i.test(model) ? 'codex' : undefined;
}

function namedRuntime(name: string | undefined): RuntimeName | undefined {
  if (!name || name === 'auto') return undefined;
  if (!(runtimeNames as readonly string[]).includes(name))
    throw usageError(`the runtime must be auto, ${runtimeNames.join(', ')}; got ${JSON.stringify(name)}`);
  return name as RuntimeName;
}
