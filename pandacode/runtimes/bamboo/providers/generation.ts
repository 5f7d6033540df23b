import { invalidRequest } from '../../../errors/raise.ts';
import type { Effort } from '../../runtime.ts';
import type { BambooOptions } from '../options.ts';
import type { Endpoint } from './resolve.ts';

/** What one request says about thinking, length and sampling, in the vendor's own terms. */
export interface Generation {
  /** Undefined: the model has no such switch, or always thinks. */
  thinking: boolean | undefined;
  /** The vendor's word, or a budget in tokens. */
  effort: string | number | undefined;
  maxTokens: number;
  sampling: Record<string, number | string[]>;
  notes: string[];
}

const defaultMaxTokens = 16_384;
const sampled = { temperature: 'temperature', topP: 'top_p', presencePenalty: 'presence_penalty', frequencyPenalty: 'frequency_penalty' } as const;

/**
 * Turns flags into what the model understands.
 *
 * @throws `executor-invalid-request` for a sampling value that the vendor would refuse
 */
export function generationFor(endpoint: Endpoint, effort: Effort | null, options: BambooOptions): Generation {
  const { quirks, known, model } = endpoint;
  const notes: string[] = [];
  const wantsNone = (effort === 'none' && options.thinking !== 'enabled') || options.thinking === 'disabled';
  const canSwitch = quirks.thinking !== 'always' && quirks.thinking !== 'none';
  const thinking = quirks.thinking === 'none' ? undefined : canSwitch ? !wantsNone : true;
  if (wantsNone && quirks.thinking === 'always') notes.push(`${model} always thinks; thinking cannot be turned off`);
  const level = wantsNone ? 'none' : effort === 'none' ? 'high' : (effort ?? 'high');
  const word = thinking === true && wantsNone ? quirks.effort?.['low'] : quirks.effort?.[level];
  const limit = known?.max_output ?? Infinity;
  const maxTokens = Math.min(options.maxTokens ?? defaultMaxTokens, limit);
  if (options.maxTokens !== undefined && options.maxTokens > limit) notes.push(`--max-tokens ${options.maxTokens} is above the limit of ${model}, ${limit}`);
  return { thinking: thinking ?? undefined, effort: word, maxTokens, sampling: sampling(endpoint, options, thinking === true, notes), notes };
}

function sampling(endpoint: Endpoint, options: BambooOptions, isThinking: boolean, notes: string[]): Record<string, number | string[]> {
  const { quirks, model, provider } = endpoint;
  const result: Record<string, number | string[]> = options.stop.length > 0 ? { stop: options.stop } : {};
  for (const [option, field] of Object.entries(sampled) as [keyof typeof sampled, string][]) {
    const value = options[option];
    if (value === undefined) continue;
    if (quirks.fixed_sampling) {
      const fixed = quirks.fixed_sampling[field];
      if (fixed !== value)
        throw invalidRequest(
          `${provider.title} fixes ${field} of ${model}${fixed === undefined ? '' : ` at ${fixed}`}; ${value} would be refused`,
          `Leave ${field} out.`,
        );
    } else if (isThinking && quirks.drop_while_thinking?.includes(field)) notes.push(`${field} has no effect while ${model} thinks, so it is not sent`);
    else result[field] = value;
  }
  return result;
}
