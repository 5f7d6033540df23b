import type { AskedAgain, ReusableNode, RunInput } from '../../schemas/run-input.ts';

export type Reuse = NonNullable<RunInput['reuse']>;

/** A node of an earlier run that has no result. */
export interface OpenNode {
  key: string;
  label: string;
  phase: string;
  index?: number | undefined;
}

/** What a run left: results to take over, and nodes without one. */
export interface Earlier {
  reuse: Reuse;
  failed: OpenNode[];
  /** Under way when the run ended, or now. */
  active: OpenNode[];
  /** Lines for people: what is lost. */
  notes?: string[];
}

/**
 * Adds what a run took over to what it made itself. Its own results win; those they replace under their key stay at hand, for an edit that
 * is taken back. What was asked to run again, and did not come to it, is left out: it is still asked.
 */
export function withInherited(own: Earlier, inherited: Reuse | null): Earlier {
  if (!inherited) return own;
  const { reuse } = own;
  const kept = Object.entries(inherited.nodes).filter(([key, node]) => !isAsked(inherited.again, key, node));
  const replaced = kept.flatMap(([key, node]) => (Object.hasOwn(reuse.nodes, key) ? [{ key, ...node }] : []));
  const seen = new Set(Object.entries(reuse.nodes).map(([key, node]) => identity(key, node)));
  const older = [...replaced, ...(inherited.older ?? []).filter((node) => !isAsked(inherited.again, node.key, node))].filter((node) => {
    const name = identity(node.key, node);
    return !seen.has(name) && seen.add(name);
  });
  return {
    ...own,
    reuse: {
      ...reuse,
      nodes: { ...Object.fromEntries(kept), ...reuse.nodes },
      ...(older.length > 0 ? { older } : {}),
      checkpoints: { ...inherited.checkpoints, ...reuse.checkpoints },
      spent: Math.max(inherited.spent, reuse.spent),
      approx: inherited.approx || reuse.approx,
      // What a run used includes what it took over; one of an older version that ended early says nothing.
      ...(reuse.usage || !inherited.usage ? {} : { usage: inherited.usage }),
    },
  };
}

function isAsked(again: AskedAgain | undefined, key: string, { label, phase }: ReusableNode): boolean {
  return again !== undefined && (again.keys.includes(key) || again.labels.includes(label) || (phase !== undefined && again.phases.includes(phase)));
}

function identity(key: string, { fingerprint }: ReusableNode): string {
  return `${fingerprint} ${key}`;
}
