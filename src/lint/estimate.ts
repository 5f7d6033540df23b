import type { InnerEvent } from '../../schemas/journal.ts';

/** How many nodes a script asks for when it is played. */
export interface Estimate {
  nodes: number;
  /** In the order of `meta`, then as met; the phase without a title is "". */
  phases: { title: string; nodes: number }[];
  /** Nodes that failed while the script was played. */
  failed: number;
  /** Why the script did not come to its end, when it did not: there may be more nodes. */
  stopped?: string;
}

/** Counts the nodes of each phase from the events of a played run. */
export function countNodes(events: readonly InnerEvent[], titles: readonly string[], stopped?: string): Estimate {
  const counts = new Map(titles.map((title) => [title, 0]));
  let failed = 0;
  for (const event of events) {
    const phase = typeof event['phase'] === 'string' ? event['phase'] : '';
    if (event.type === 'agent_start' && event['attempt'] === 1) counts.set(phase, (counts.get(phase) ?? 0) + 1);
    if (event.type === 'agent_done' && event['ok'] === false) failed++;
  }
  const phases = [...counts].map(([title, nodes]) => ({ title, nodes }));
  const nodes = phases.reduce((sum, phase) => sum + phase.nodes, 0);
  return { nodes, phases, failed, ...(stopped === undefined ? {} : { stopped }) };
}
