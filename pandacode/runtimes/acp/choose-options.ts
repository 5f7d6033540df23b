import type { ClientContext, SessionConfigOption, SessionModeState } from '@agentclientprotocol/sdk/unstable';
import { invalidRequest } from '../../errors/raise.ts';
import type { Effort } from '../runtime.ts';
import type { AcpAgent } from './agents.ts';

/** What a session lets us choose. */
export interface SessionChoices {
  configOptions?: SessionConfigOption[] | null;
  modes?: SessionModeState | null;
}

interface Wishes {
  permission: 'max' | 'limited';
  model: string | null;
  effort: Effort | null;
}

const nearEfforts: Record<Effort, string[]> = {
  none: ['none', 'off', 'minimal', 'low'],
  minimal: ['minimal', 'low'],
  low: ['low'],
  medium: ['medium', 'default'],
  high: ['high'],
  xhigh: ['xhigh', 'max', 'high'],
  max: ['max', 'xhigh', 'high'],
};

/**
 * Sets mode, model and effort of a session by what the agent offers. A model that it does not offer is refused, for
 * another one must not be paid instead; the rest that cannot be set becomes a warning.
 *
 * @returns the model that is now chosen, as far as the agent tells
 */
export async function chooseOptions(
  agent: ClientContext,
  sessionId: string,
  habits: AcpAgent,
  offered: SessionChoices,
  wishes: Wishes,
  warn: (text: string) => void,
): Promise<string | null> {
  let options = offered.configOptions ?? [];
  const set = async (option: SessionConfigOption, value: string) => {
    if (option.currentValue === value) return;
    const answer = await agent.request('session/set_config_option', { sessionId, configId: option.id, value });
    options = answer.configOptions ?? options;
  };
  await chooseMode();
  if (wishes.model) await chooseModel(wishes.model);
  if (wishes.effort) await chooseEffort(wishes.effort);
  const current = find('model')?.currentValue;
  return typeof current === 'string' ? current : null;

  function find(category: string): SessionConfigOption | undefined {
    return options.find((option) => option.category === category && option.type === 'select');
  }

  async function chooseMode(): Promise<void> {
    const wanted = habits.modes?.[wishes.permission] ?? [];
    const option = find('mode');
    const ids = option ? valuesOf(option).map(({ value }) => value) : (offered.modes?.availableModes ?? []).map(({ id }) => id);
    const mode = wanted.find((id) => ids.includes(id));
    if (mode === undefined) {
      if (wanted.length > 0) warn(`${habits.name} has none of the modes ${wanted.join(', ')}; it goes on in its own`);
    } else if (option) await set(option, mode);
    else if (offered.modes?.currentModeId !== mode) await agent.request('session/set_mode', { sessionId, modeId: mode });
  }

  async function chooseModel(model: string): Promise<void> {
    const option = find('model');
    if (!option) return warn(`${habits.name} lets nobody choose a model; ${model} was not set`);
    const values = valuesOf(option);
    const match =
      values.find(({ value }) => value === model) ?? values.find(({ value, name }) => name.toLowerCase() === model.toLowerCase() || tail(value) === model);
    if (match) return set(option, match.value);
    throw invalidRequest(
      `${habits.name} does not offer the model ${model}`,
      `Name one of its models: ${values
        .slice(0, 20)
        .map(({ value }) => value)
        .join(', ')}.`,
    );
  }

  async function chooseEffort(effort: Effort): Promise<void> {
    const option = find('thought_level');
    const values = option ? valuesOf(option).map(({ value }) => value) : [];
    const value = nearEfforts[effort].find((one) => values.includes(one));
    if (option && value !== undefined) await set(option, value);
    else warn(`${habits.name} has no effort like ${effort}; it goes on with its own`);
  }
}

function tail(value: string): string {
  return value.slice(value.indexOf('/') + 1);
}

function valuesOf(option: SessionConfigOption): { value: string; name: string }[] {
  if (option.type !== 'select') return [];
  return option.options.flatMap((one) => ('options' in one ? one.options : [one]));
}
