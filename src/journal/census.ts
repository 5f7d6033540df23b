import type { Json } from '../../schemas/json.ts';
import type { InnerEvent } from '../../schemas/journal.ts';

export const censusKinds = ['ok', 'failed', 'cached', 'stopped', 'refused', 'empty', 'schemaInvalid', 'quota', 'timeout', 'skipped'] as const;
export type CensusKind = (typeof censusKinds)[number];

/** How many nodes ended in which way (RUN-03). Once the run has ended, the sum is the number of its nodes: those it cut short are `stopped`. */
export type Census = Record<CensusKind, number>;

/** The kinds that people read by another name. */
export const censusWords: Partial<Record<CensusKind, string>> = { schemaInvalid: 'schema mismatch', empty: 'empty result', quota: 'over a limit' };

const kindOfCategory: Record<string, CensusKind> = {
  cancelled: 'stopped',
  content_filter: 'refused',
  blocked: 'refused',
  empty_result: 'empty',
  schema_mismatch: 'schemaInvalid',
  schema_load_error: 'schemaInvalid',
  quota: 'quota',
  rate_limit: 'quota',
  codexctl_rate_limit: 'quota',
  budget: 'quota',
  pandacode_timeout: 'timeout',
  skipped: 'skipped',
};

/** Whether every node has a result. */
export function allWell({ ok: _ok, cached: _cached, ...others }: Census): boolean {
  return Object.values(others).every((count) => count === 0);
}

/** What a failure of this category counts as. */
export function censusKind(category: string | undefined): CensusKind {
  return category !== undefined && Object.hasOwn(kindOfCategory, category) ? kindOfCategory[category]! : 'failed';
}

/** Counts nodes by how they ended, one event after another. A node that ends again, after a restart, counts as it ended last. */
export class NodeCensus {
  private readonly kinds = new Map<string, CensusKind>();

  record(event: InnerEvent): void {
    const key = event['key'];
    if (typeof key !== 'string') return;
    if (event.type === 'agent_skip') this.kinds.set(key, 'cached');
    if (event.type === 'agent_done') this.kinds.set(key, event['ok'] === true ? 'ok' : censusKind(categoryOf(event['result'])));
  }

  /** The run has ended, and these nodes with it: they were under way and have no result. */
  cutShort(keys: Iterable<string>): void {
    for (const key of keys) this.kinds.set(key, 'stopped');
  }

  counts(): Census {
    const counts = Object.fromEntries(censusKinds.map((kind) => [kind, 0])) as Census;
    for (const kind of this.kinds.values()) counts[kind]++;
    return counts;
  }
}

/** `error.category` of a failed node's result (FAIL-01), when it has one. */
export function categoryOf(result: Json | undefined): string | undefined {
  const error = typeof result === 'object' && result !== null && !Array.isArray(result) ? result['error'] : undefined;
  const category = typeof error === 'object' && error !== null && !Array.isArray(error) ? error['category'] : undefined;
  return typeof category === 'string' ? category : undefined;
}
