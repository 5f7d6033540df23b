import type { LimitName } from '../../schemas/limit-names.ts';
import type { ControlAnswer, LimitChanges, LimitsView } from '../../schemas/run-control.ts';
import type { LimitValues, OperatorLimits, Usage } from '../../schemas/limits.ts';
import { dollars, moneyText } from '../../src/limits/usage.ts';
import type { WallTime } from '../../src/limits/wall-time.ts';
import { resolveRoot } from '../exec/source.ts';
import type { Told } from './answer.ts';
import { reachedLines } from './reached.ts';
import { sendToRun } from './send.ts';

/** Flags of `odw limits`. */
export interface LimitsFlags {
  tokens?: number | 'none';
  outputTokens?: number | 'none';
  money?: number | 'none';
  agents?: number | 'none';
  retries?: number | 'none';
  failures?: number | 'none';
  wall?: WallTime | 'none';
  concurrency?: number | 'none';
  allowUnpriced?: boolean;
  onLimit?: OperatorLimits['onLimit'];
  phase?: string;
  provider?: string;
  node?: string;
}

/**
 * `odw limits` (CTRL-07, LIMIT-02): sets limits of an open run, and tells what they are and what was used. A parked run goes on with
 * `odw unpause`. Throws as {@link sendToRun}.
 */
export async function limitRun(root: string, run: string, flags: LimitsFlags): Promise<Told> {
  const { phase, provider, node, ...values } = flags;
  const [kind, name] = Object.entries({ phase, provider, node }).find(([, one]) => one !== undefined) ?? [];
  const scope = kind === undefined ? 'run' : `${kind}:${name}`;
  const changes = changesOf(values);
  const { runId, answer } = await sendToRun(root, run, { command: 'limits', scope, changes });
  const { state, changed, parked, limits = [], reached } = answer;
  const lines = [`run ${runId} [${state}]`, ...limits.flatMap(viewLines), ...parkedLines(resolveRoot(root), runId, answer)];
  return { json: { run: runId, state, changed, limits, ...(parked ? { parked } : {}), ...(reached ? { reached } : {}) }, text: lines.join('\n') };
}

function parkedLines(root: string, runId: string, { parked = [], reached = [] }: ControlAnswer): string[] {
  const limited = parked.filter(({ reason }) => reason === 'limit');
  const lines = reachedLines({ parked, reached });
  if (limited.length === reached.length) return lines;
  return [...lines, `${reached.length === 0 ? 'It is parked' : 'The rest of it'}: go on with odw unpause --path ${root} ${runId}`];
}

// Commander hands over no null, so the word stands for it.
function changesOf({ wall, ...values }: Omit<LimitsFlags, 'phase' | 'provider' | 'node'>): LimitChanges {
  const given = { ...values, ...(wall === 'none' ? { wallTime: wall, wallTimeCounts: wall } : wall) };
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value === 'none' ? null : value]])));
}

const words: Record<LimitName, string> = {
  agents: 'agents',
  tokens: 'tokens',
  outputTokens: 'output tokens',
  money: 'money',
  retries: 'retries',
  failures: 'failures',
  wallTime: 'wall time',
};

const alwaysShown: readonly LimitName[] = ['agents', 'tokens', 'money'];

function viewLines({ scope, key, label, limits, usage }: LimitsView): string[] {
  const lines = (Object.keys(words) as LimitName[])
    .filter((name) => limits[name] !== undefined || alwaysShown.includes(name))
    .map((name) => `  ${words[name].padEnd(14)}${usedText(name, usage, limits)} ${maxText(name, limits[name])}`);
  return [
    key === undefined ? scope : `node ${label ?? ''} key=${key}`,
    ...lines,
    ...(limits.concurrency === undefined ? [] : [`  ${'at once'.padEnd(14)}${limits.concurrency}`]),
  ];
}

function maxText(name: LimitName, max: number | undefined): string {
  if (max === undefined) return '(no limit)';
  return `of ${name === 'money' ? `$${dollars(max)}` : name === 'wallTime' ? `${max} s` : max}`;
}

// What is not known for sure is said to be so (VIEW-14).
function usedText(name: LimitName, usage: Usage, limits: LimitValues): string {
  if (name === 'wallTime') return String(Math.floor(usage.wallTime - (limits.wallTimeCounts === 'total' ? 0 : usage.heldTime)));
  if (name === 'money') return moneyText(usage);
  if (name === 'tokens' && usage.unmetered > 0) return `at least ${usage.tokens}`;
  if (name === 'outputTokens' && usage.unsplit + usage.unmetered > 0) return `about ${usage.outputTokens}`;
  return String(usage[name]);
}
