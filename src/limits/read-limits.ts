import { limitNames, type LimitName } from '../../schemas/limit-names.ts';
import type { LimitValues, ScriptLimits } from '../../schemas/limits.ts';
import { nearNames } from '../near.ts';
import { readWallTime } from './wall-time.ts';

type Name = LimitName | 'concurrency';

const names: readonly Name[] = [...limitNames, 'concurrency'];
const ofNodes: readonly Name[] = limitNames.filter((name) => name !== 'agents');

/**
 * `meta.limits` as far as it makes sense (LIMIT-01). Undefined when it says nothing.
 *
 * @param problems takes a sentence for each part that makes no sense, and so limits nothing
 */
export function readLimits(value: unknown, problems: string[] = []): ScriptLimits | undefined {
  if (value === undefined || value === null) return undefined;
  const at = 'meta.limits';
  if (!isRecord(value)) return wrong(problems, at, 'an object of limits', value);
  const { phases, providers, ...own } = value;
  const limits: ScriptLimits = readValues(own, names, at, problems, ['phases', 'providers']);
  const tables = { phases: readTable(phases, `${at}.phases`, problems), providers: readTable(providers, `${at}.providers`, problems) };
  if (tables.phases) limits.phases = tables.phases;
  if (tables.providers) limits.providers = tables.providers;
  return Object.keys(limits).length > 0 ? limits : undefined;
}

/** The option `limits` of one node, read in the same way. */
export function readNodeLimits(value: unknown, problems: string[] = []): LimitValues | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) return wrong(problems, 'the option limits', 'an object of limits', value);
  const limits = readValues(value, ofNodes, 'the option limits', problems);
  return Object.keys(limits).length > 0 ? limits : undefined;
}

function readTable(value: unknown, at: string, problems: string[]): Record<string, LimitValues> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) return wrong(problems, at, 'an object', value);
  const entries = Object.entries(value).flatMap(([name, limits]) => {
    if (isRecord(limits)) return [[name, readValues(limits, names, `${at}[${JSON.stringify(name)}]`, problems)] as const];
    wrong(problems, `${at}[${JSON.stringify(name)}]`, 'an object of limits', limits);
    return [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function readValues(value: Record<string, unknown>, known: readonly Name[], at: string, problems: string[], others: readonly string[] = []): LimitValues {
  const limits: LimitValues = {};
  for (const [name, amount] of Object.entries(value)) {
    if (amount === undefined || amount === null) continue;
    if (!isName(name, known)) {
      const [near] = nearNames(name, [...known, ...others]);
      problems.push(`${at} has no "${name}", it limits nothing${near === undefined ? '' : `; did you mean "${near}"?`}`);
    } else if (name === 'wallTime') {
      Object.assign(limits, readWallTime(amount) ?? wrong(problems, `${at}.wallTime`, 'seconds, or a text such as "2h", "2h total" or "total"', amount));
    } else if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < (name === 'concurrency' ? 1 : 0)) {
      wrong(problems, `${at}.${name}`, `a number of ${name === 'concurrency' ? '1' : '0'} or more`, amount);
    } else limits[name] = name === 'concurrency' ? Math.floor(amount) : amount;
  }
  return limits;
}

function wrong(problems: string[], at: string, expected: string, got: unknown): undefined {
  problems.push(`${at} expects ${expected}, got ${shown(got)}: it limits nothing`);
  return undefined;
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? typeof value;
}

function isName(name: string, known: readonly Name[]): name is Name {
  return (known as readonly string[]).includes(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
