import type { LimitChanges, LimitsView } from '../../schemas/run-control.ts';
import type { LimitName, Usage } from '../../schemas/limits.ts';
import { dollars, moneyText } from '../../src/limits/usage.ts';
import type { Told } from './answer.ts';
import { sendToRun } from './send.ts';

/** Flags of `odw limits`; null = lifted. */
export interface LimitsFlags {
  tokens?: number | null;
  outputTokens?: number | null;
  money?: number | null;
  agents?: number | null;
  retries?: number | null;
  /** Milliseconds. */
  wall?: number | null;
  concurrency?: number;
  allowUnpriced?: boolean;
  phase?: string;
  provider?: string;
}

/**
 * `odw limits` (CTRL-07, LIMIT-02): sets limits of an open run, and tells what they are and what was used. A parked run goes on with
 * `odw unpause`. Throws as {@link sendToRun}.
 */
export async function limitRun(root: string, run: string, flags: LimitsFlags): Promise<Told> {
  const { phase, provider, wall, ...rest } = flags;
  const scope = phase !== undefined ? `phase:${phase}` : provider !== undefined ? `provider:${provider}` : 'run';
  const changes: LimitChanges = { ...rest, ...(wall === undefined ? {} : { wallTime: wall === null ? null : wall / 1000 }) };
  const { runId, answer } = await sendToRun(root, run, { command: 'limits', scope, changes });
  const { state, changed, parked, limits = [] } = answer;
  const lines = [`run ${runId} [${state}]`, ...limits.flatMap(viewLines)];
  if (parked?.some(({ reason }) => reason === 'limit')) lines.push(`It is parked: go on with odw unpause ${runId}`);
  return { json: { run: runId, state, changed, limits, ...(parked ? { parked } : {}) }, text: lines.join('\n') };
}

const words: Record<LimitName, string> = {
  agents: 'agents',
  tokens: 'tokens',
  outputTokens: 'output tokens',
  money: 'money',
  retries: 'retries',
  wallTime: 'wall time',
};

function viewLines({ scope, limits, usage }: LimitsView): string[] {
  const lines = Object.entries(words).map(([key, word]) => {
    const name = key as LimitName;
    const max = limits[name];
    const most = max === undefined ? 'no limit' : `of ${name === 'money' ? `$${dollars(max)}` : name === 'wallTime' ? `${max} s` : max}`;
    const used = usedText(name, usage);
    return `  ${word.padEnd(14)}${[used, most].filter(Boolean).join(' ')}`;
  });
  return [scope, ...lines, ...(limits.concurrency === undefined ? [] : [`  ${'at once'.padEnd(14)}${limits.concurrency}`])];
}

function usedText(name: LimitName, usage: Usage): string {
  if (name === 'wallTime') return '';
  if (name === 'money') return moneyText(usage);
  const atLeast = (name === 'tokens' || name === 'outputTokens') && usage.unmetered > 0 ? 'at least ' : '';
  return `${atLeast}${usage[name]}`;
}
