import { limitNames, type LimitName } from '../../schemas/limit-names.ts';
import type { LimitValues, Usage } from '../../schemas/limits.ts';
import type { RunTime } from './run-clock.ts';
import { wholeRun } from '../../schemas/run-control.ts';
import { addAttempt, dollars, knownMoney, noUsage, type AttemptUsage } from './usage.ts';

/** A limit that is reached, or nearly. */
export interface LimitHit {
  /** `run`, `phase:T`, `provider:P` or `node:KEY`. */
  scope: string;
  name: LimitName;
  /** `LIMIT_TOKENS` and the like; `PRICE_UNKNOWN` where money is limited and nobody knows what was spent. */
  code: string;
  used: number;
  max: number;
  message: string;
}

interface Entry {
  limits: LimitValues;
  usage: Usage;
  warned: Set<LimitName>;
  /** When the first of its nodes started; the run's own entry has none. */
  since?: RunTime;
  /** Dispatches in flight. */
  running: number;
  /** What people call it, where that is not in the scope's own name. */
  title?: string;
  /** The key that its node has now, where that is not in the scope's own name. */
  key?: string;
}

/** Limits to set: null lifts one, absent leaves it as it is. */
export type LimitEdits = { [name in LimitName | 'concurrency']?: number | null | undefined } & { wallTimeCounts?: 'total' | null | undefined };

/** Where a warning comes, as a part of the limit (LIMIT-03). */
const warnAt = 0.8;
const words: Record<LimitName, string> = {
  agents: 'agents',
  tokens: 'tokens',
  outputTokens: 'output tokens',
  money: 'USD',
  retries: 'retries',
  failures: 'failures',
  wallTime: 'seconds',
};

/**
 * What a run used, in all, per phase and per provider, and the limits on it (LIMIT-01, MONEY-03); of nodes with limits of their own, too.
 * Plain state, no clock: the time is handed in.
 */
export class LimitBook {
  private readonly entries = new Map<string, Entry>();
  private limited = false;
  private narrow = false;
  /** A limit on money does not mind attempts of unknown price. */
  allowUnpriced = false;

  /** Whether there is any limit at all. */
  get isLimited(): boolean {
    return this.limited;
  }

  has(scope: string): boolean {
    return this.entries.has(scope);
  }

  /** A node has ended: nobody asks for its limits any more. */
  forget(scope: string): void {
    this.entries.delete(scope);
  }

  /** Gives a scope a name for people. */
  entitle(scope: string, title: string): void {
    this.entry(scope).title = title;
  }

  title(scope: string): string | undefined {
    return this.entries.get(scope)?.title;
  }

  /** The node of a scope has another key from now on; the scope keeps its name. */
  rekey(scope: string, key: string): void {
    const entry = this.entries.get(scope);
    if (entry) entry.key = key;
  }

  /** The key of a node that {@link rekey} told of. */
  key(scope: string): string | undefined {
    return this.entries.get(scope)?.key;
  }

  usage(scope: string): Usage {
    return this.entry(scope).usage;
  }

  limits(scope: string): LimitValues {
    return this.entry(scope).limits;
  }

  /** Scopes in which something was used, or is limited. */
  get scopes(): string[] {
    return [...this.entries.keys()];
  }

  /** Sets limits of a scope. */
  set(scope: string, edits: LimitEdits): void {
    const { limits, warned } = this.entry(scope);
    for (const name of [...limitNames, 'concurrency'] as const) {
      const value = edits[name];
      if (value === undefined) continue;
      if (value === null) delete limits[name];
      else limits[name] = value;
      if (name !== 'concurrency') warned.delete(name);
    }
    if (edits.wallTimeCounts === null) delete limits.wallTimeCounts;
    else if (edits.wallTimeCounts) limits.wallTimeCounts = edits.wallTimeCounts;
    this.limited ||= Object.keys(limits).length > 0;
    this.narrow ||= limits.concurrency !== undefined;
    // Only who lifts one looks at all others: thousands of nodes may have limits of their own.
    if (!Object.values(edits).includes(null)) return;
    const all = [...this.entries.values()];
    this.limited = all.some((one) => Object.keys(one.limits).length > 0);
    this.narrow = all.some((one) => one.limits.concurrency !== undefined);
  }

  /** A dispatch starts; `first`: the first of its node. {@link left} tells of its end. */
  launched(scopes: readonly string[], first: boolean, now: RunTime): void {
    for (const scope of scopes) {
      const entry = this.entry(scope);
      if (first) entry.usage.agents++;
      if (scope !== wholeRun) entry.since ??= now;
      entry.running++;
    }
  }

  /** A dispatch that {@link launched} told of is over. */
  left(scopes: readonly string[]): void {
    for (const scope of scopes) this.entry(scope).running--;
  }

  /** The first of these scopes in which as many nodes run as may run at once. */
  full(scopes: readonly string[]): string | undefined {
    if (!this.narrow) return undefined;
    return scopes.find((scope) => {
      const { limits, running } = this.entry(scope);
      return limits.concurrency !== undefined && running >= limits.concurrency;
    });
  }

  failed(scopes: readonly string[]): void {
    for (const scope of scopes) this.entry(scope).usage.failures++;
  }

  retried(scopes: readonly string[]): void {
    for (const scope of scopes) this.entry(scope).usage.retries++;
  }

  /** Counts a finished attempt, failed ones too. */
  ended(scopes: readonly string[], attempt: AttemptUsage): void {
    for (const scope of scopes) addAttempt(this.entry(scope).usage, attempt);
  }

  /** Limits that came within a fifth for the first time; each is told once, and again after it was changed. */
  warnings(scopes: readonly string[], now: RunTime): LimitHit[] {
    if (!this.limited) return [];
    return scopes.flatMap((scope) => {
      const entry = this.entry(scope);
      return limitNames.flatMap((name) => {
        const max = entry.limits[name];
        if (max === undefined || entry.warned.has(name)) return [];
        const used = this.used(scope, entry, name, now);
        if (used === 0 || used < max * warnAt || (name === 'failures' && used > max)) return [];
        entry.warned.add(name);
        return [hitOf(scope, entry, name, used, max)];
      });
    });
  }

  /**
   * The first limit of these scopes that keeps another dispatch from starting.
   *
   * @param first whether the dispatch is a node's first: only those count as agents
   */
  hit(scopes: readonly string[], now: RunTime, first: boolean): LimitHit | undefined {
    if (!this.limited) return undefined;
    for (const scope of scopes) {
      const entry = this.entry(scope);
      const { limits, usage } = entry;
      for (const name of limitNames) {
        const max = limits[name];
        if (max === undefined || (name === 'agents' && !first) || (name === 'retries' && first)) continue;
        const used = this.used(scope, entry, name, now);
        if (name === 'failures' ? used > max : used >= max) return hitOf(scope, entry, name, used, max);
        if (name === 'money' && usage.money.unpriced > 0 && !this.allowUnpriced) return unpriced(scope, entry, used, max);
      }
    }
    return undefined;
  }

  /** The first of these scopes in which more nodes failed than may fail (RUN-04). */
  failedTooOften(scopes: readonly string[] = this.scopes): LimitHit | undefined {
    if (!this.limited) return undefined;
    for (const scope of scopes) {
      const entry = this.entry(scope);
      const { limits, usage } = entry;
      if (limits.failures !== undefined && usage.failures > limits.failures) return hitOf(scope, entry, 'failures', usage.failures, limits.failures);
    }
    return undefined;
  }

  /** How long a scope has been going: since the first of its nodes started. */
  timeOf(scope: string, now: RunTime): RunTime {
    const { since = scope === wholeRun ? { total: 0, held: 0 } : now } = this.entry(scope);
    return { total: now.total - since.total, held: now.held - since.held };
  }

  private used(scope: string, { limits, usage }: Entry, name: LimitName, now: RunTime): number {
    if (name === 'money') return knownMoney(usage);
    if (name !== 'wallTime') return usage[name];
    const { total, held } = this.timeOf(scope, now);
    return limits.wallTimeCounts === 'total' ? total : total - held;
  }

  private entry(scope: string): Entry {
    let entry = this.entries.get(scope);
    if (!entry) this.entries.set(scope, (entry = { limits: {}, usage: noUsage(), warned: new Set(), running: 0 }));
    return entry;
  }
}

function hitOf(scope: string, { title }: Entry, name: LimitName, used: number, max: number): LimitHit {
  const code = `LIMIT_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
  if (name === 'failures') {
    const message = `${code}: ${used} ${used === 1 ? 'node' : 'nodes'} failed${where(scope, title)}, at most ${max} may`;
    return { scope, name, code, used, max, message };
  }
  const [shown, most] = name === 'money' ? [dollars(used), dollars(max)] : [Math.floor(used), max];
  return { scope, name, code, used, max, message: `${code}: ${shown} of ${most} ${words[name]} used${where(scope, title)}` };
}

function unpriced(scope: string, { usage, title }: Entry, used: number, max: number): LimitHit {
  const count = usage.money.unpriced;
  const message = `PRICE_UNKNOWN: nobody knows what ${count === 1 ? 'an attempt' : `${count} attempts`} cost${where(scope, title)}, and money is limited to ${dollars(max)} USD`;
  return { scope, name: 'money', code: 'PRICE_UNKNOWN', used, max, message };
}

function where(scope: string, title: string | undefined): string {
  const [kind, ...rest] = scope.split(':');
  return scope === wholeRun ? '' : ` in ${kind} ${title ?? rest.join(':')}`;
}
