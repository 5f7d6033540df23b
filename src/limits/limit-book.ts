import type { LimitName, LimitValues, Usage } from '../../schemas/limits.ts';
import { addAttempt, dollars, knownMoney, noUsage, type AttemptUsage } from './usage.ts';

/** A limit that is reached, or nearly. */
export interface LimitHit {
  /** `run`, `phase:T` or `provider:P`. */
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
}

/** Where a warning comes, as a part of the limit (LIMIT-03). */
const warnAt = 0.8;
const names: readonly LimitName[] = ['agents', 'tokens', 'outputTokens', 'money', 'retries', 'wallTime'];
const words: Record<LimitName, string> = {
  agents: 'agents',
  tokens: 'tokens',
  outputTokens: 'output tokens',
  money: 'USD',
  retries: 'retries',
  wallTime: 'seconds',
};

/**
 * What a run used, in all, per phase and per provider, and the limits on it (LIMIT-01, MONEY-03). Plain state, no clock:
 * seconds are handed in.
 */
export class LimitBook {
  private readonly entries = new Map<string, Entry>();
  private limited = false;
  /** A limit on money does not mind attempts of unknown price. */
  allowUnpriced = false;

  /** Whether there is any limit at all. */
  get isLimited(): boolean {
    return this.limited;
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

  /** Sets limits of a scope; null lifts one. What is absent stays as it was. */
  set(scope: string, changes: { [name in LimitName]?: number | null | undefined }): void {
    const entry = this.entry(scope);
    for (const name of names) {
      const value = changes[name];
      if (value === undefined) continue;
      if (value === null) delete entry.limits[name];
      else entry.limits[name] = value;
      entry.warned.delete(name);
    }
    this.limited = [...this.entries.values()].some(({ limits }) => Object.keys(limits).length > 0);
  }

  launched(scopes: readonly string[]): void {
    for (const scope of scopes) this.entry(scope).usage.agents++;
  }

  retried(scopes: readonly string[]): void {
    for (const scope of scopes) this.entry(scope).usage.retries++;
  }

  /** Counts a finished attempt, failed ones too. */
  ended(scopes: readonly string[], attempt: AttemptUsage): void {
    for (const scope of scopes) addAttempt(this.entry(scope).usage, attempt);
  }

  /** Limits that came within a fifth for the first time; each is told once, and again after it was changed. */
  warnings(scopes: readonly string[], seconds: number): LimitHit[] {
    if (!this.limited) return [];
    return scopes.flatMap((scope) => {
      const entry = this.entry(scope);
      return names.flatMap((name) => {
        const max = entry.limits[name];
        if (max === undefined || entry.warned.has(name)) return [];
        const used = usedOf(entry.usage, name, seconds);
        if (used < max * warnAt) return [];
        entry.warned.add(name);
        return [hitOf(scope, name, used, max)];
      });
    });
  }

  /**
   * The first limit of these scopes that keeps another dispatch from starting.
   *
   * @param first whether the dispatch is a node's first: only those count as agents
   */
  hit(scopes: readonly string[], seconds: number, first: boolean): LimitHit | undefined {
    if (!this.limited) return undefined;
    for (const scope of scopes) {
      const { limits, usage } = this.entry(scope);
      for (const name of names) {
        const max = limits[name];
        if (max === undefined || (name === 'agents' && !first) || (name === 'retries' && first)) continue;
        const used = usedOf(usage, name, seconds);
        if (used >= max) return hitOf(scope, name, used, max);
        if (name === 'money' && usage.money.unpriced > 0 && !this.allowUnpriced) return unpriced(scope, usage.money.unpriced, used, max);
      }
    }
    return undefined;
  }

  private entry(scope: string): Entry {
    let entry = this.entries.get(scope);
    if (!entry) this.entries.set(scope, (entry = { limits: {}, usage: noUsage(), warned: new Set() }));
    return entry;
  }
}

function usedOf(usage: Usage, name: LimitName, seconds: number): number {
  if (name === 'money') return knownMoney(usage);
  return name === 'wallTime' ? seconds : usage[name];
}

function hitOf(scope: string, name: LimitName, used: number, max: number): LimitHit {
  const code = `LIMIT_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
  const [shown, most] = name === 'money' ? [dollars(used), dollars(max)] : [Math.floor(used), max];
  return { scope, name, code, used, max, message: `${code}: ${shown} of ${most} ${words[name]} used${where(scope)}` };
}

function unpriced(scope: string, count: number, used: number, max: number): LimitHit {
  const message = `PRICE_UNKNOWN: nobody knows what ${count === 1 ? 'an attempt' : `${count} attempts`} cost${where(scope)}, and money is limited to ${dollars(max)} USD`;
  return { scope, name: 'money', code: 'PRICE_UNKNOWN', used, max, message };
}

function where(scope: string): string {
  const [kind, ...rest] = scope.split(':');
  return kind === 'run' ? '' : ` in ${kind} ${rest.join(':')}`;
}
