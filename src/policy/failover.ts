import { nearNames } from '../near.ts';

/** Where a node goes instead of its own provider (QUOTA-07). */
export interface FailoverTarget {
  runtime: string;
  /** Vendor of the runtime bamboo. */
  provider?: string;
  acpAgent?: string;
  /** Absent: the runtime's own choice. */
  model?: string;
}

/** `meta.failover`: for a provider the others that may take its nodes over, in this order. */
export type Failover = Record<string, string[]>;

/**
 * `meta.failover` as far as it makes sense: lists of names that are not the provider itself. Undefined when it says nothing.
 *
 * @param problems takes a sentence for each part that makes no sense
 */
export function readFailover(value: unknown, problems: string[] = []): Failover | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(`meta.failover must be an object like { claude: ['codex'] }, got ${JSON.stringify(value)}`);
    return undefined;
  }
  const entries = Object.entries(value).flatMap(([from, given]): [string, string[]][] => {
    const names: unknown[] = Array.isArray(given) ? given : [given];
    const others = names.filter((name): name is string => {
      const problem = problemOf(from, name);
      if (problem !== undefined) problems.push(`meta.failover of ${from}: ${problem}`);
      return problem === undefined;
    });
    return others.length > 0 ? [[from, [...new Set(others)]]] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function problemOf(from: string, name: unknown): string | undefined {
  if (typeof name !== 'string' || readTarget(name) === undefined)
    return `expected names such as "codex" or "deepseek/MODEL", got ${JSON.stringify(name) ?? typeof name}`;
  const target = targetName(name);
  if (target === from) return 'a provider cannot take over from itself';
  // Any other name may be a vendor that the user set up, so only what looks like a slip is refused.
  const [near] = ['claude', 'codex'].includes(target) ? [] : nearNames(target, ['claude', 'codex']);
  const isSlip = near !== undefined && Math.abs(near.length - target.length) <= 2;
  return isSlip ? `there is no provider "${target}"; did you mean "${near}"?` : undefined;
}

/** Reads `NAME` or `NAME/MODEL`, where NAME is `claude`, `codex`, `acp:AGENT` or a vendor of bamboo. Undefined when there is no name. */
export function readTarget(text: string): FailoverTarget | undefined {
  const name = targetName(text);
  const model = text.slice(name.length + 1).trim();
  const more = model === '' ? {} : { model };
  if (name === '' || name === 'acp:') return undefined;
  if (name === 'claude' || name === 'codex') return { runtime: name, ...more };
  if (name.startsWith('acp:')) return { runtime: 'acp', acpAgent: name.slice('acp:'.length), ...more };
  return { runtime: 'bamboo', provider: name, ...more };
}

function targetName(text: string): string {
  return text.split('/', 1)[0]!.trim();
}
