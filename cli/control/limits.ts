import type { LimitChanges, LimitsView } from '../../schemas/run-control.ts';
import type { LimitName, Usage } from '../../schemas/limits.ts';
import { dollars, moneyText } from '../../src/limits/usage.ts';
import type { Told } from './answer.ts';
import { sendToRun } from './send.ts';

/** Flags of `odw limits`. */
export interface LimitsFlags {
  tokens?: number | 'none';
  outputTokens?: number | 'none';
  money?: number | 'none';
  agents?: number | 'none';
  retries?: number | 'none';
  /** Milliseconds. */
  wall?: number | 'none';
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
  const { phase, provider } = flags;
  const scope = phase !== undefined ? `phase:${phase}` : provider !== undefined ? `provider:${provider}` : 'run';
  const changes = changesOf(flags);
  const { runId, answer } = await sendToRun(root, run, { command: 'limits', scope, changes });
  const { state, changed, parked, limits = [] } = answer;
  const lines = [`run ${runId} [${state}]`, ...limits.flatMap(viewLines)];
  if (parked?.some(({ reason }) => reason === 'limit')) lines.push(`It is parked: go on with odw unpause ${runId}`);
  return { json: { run: runId, state, changed, limits, ...(parked ? { parked } : {}) }, text: lines.join('\n') };
}

// Commander hands over no null, so the word stands for it.
function changesOf({ phase: _phase, provider: _provider, wall, concurrency, allowUnpriced, ...values }: LimitsFlags): LimitChanges {
  const given = { ...values, wallTime: typeof wall === 'number' ? wall / 1000 : wall };
  const changes = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value === 'none' ? null : value] as const]));
  return { ...Object.fromEntries(changes), ...(concurrency === undefined ? {} : { concurrency }), ...(allowUnpriced ? { allowUnpriced } : {}) };
}

const words: Record<LimitName, string> = {
  agents: 'agents',
  tokens: 'tokens',
  outputTokens: 'output tokens',
  money: 'money',
  retries: 'retries',
  wallTime: 'wall time',
};

const alwaysShown: readonly LimitName[] = ['agents', 'tokens', 'money'];

function viewLines({ scope, limits, usage }: LimitsView): string[] {
  const lines = (Object.keys(words) as LimitName[])
    .filter((name) => limits[name] !== undefined || alwaysShown.includes(name))
    .map((name) => `  ${words[name].padEnd(14)}${[usedText(name, usage), maxText(name, limits[name])].filter(Boolean).join(' ')}`);
  return [scope, ...lines, ...(limits.concurrency === undefined ? [] : [`  ${'at once'.padEnd(14)}${limits.concurrency}`])];
}

function maxText(name: LimitName, max: number | undefined): string {
  if (max === undefined) return '(no limit)';
  return `of ${name === 'money' ? `$${dollars(max)}` : name === 'wallTime' ? `${max} s` : max}`;
}

// What is not known for sure is said to be so (VIEW-14).
function usedText(name: LimitName, usage: Usage): string {
  if (name === 'wallTime') return '';
  if (name === 'money') return moneyText(usage);
  if (name === 'tokens' && usage.unmetered > 0) return `at least ${usage.tokens}`;
  if (name === 'outputTokens' && usage.unsplit + usage.unmetered > 0) return `about ${usage.outputTokens}`;
  return String(usage[name]);
}
