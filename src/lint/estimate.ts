import type { InnerEvent } from '../../schemas/journal.ts';
import type { Projection } from '../projection/project.ts';

/** How many nodes a script asks for when it is played. */
export interface Estimate {
  nodes: number;
  /** In the order of `meta`, then as met; the phase without a title is "". */
  phases: { title: string; nodes: number }[];
  /** Nodes that failed while the script was played. */
  failed: number;
  /** Why the script did not come to its end, when it did not: there may be more nodes. */
  stopped?: string;
  /** What a run on a real backend will take (MONEY-04). */
  projected: Projection;
}

/** A node that the played script asked for. */
export interface PlayedNode {
  phase: string;
  runtime: string;
  provider: string | undefined;
  /** Undefined: the executor's default. */
  model: string | undefined;
}

/** The nodes that a played run asked for. */
export function playedNodes(events: readonly InnerEvent[]): PlayedNode[] {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return events.flatMap((event): PlayedNode[] => {
    if (event.type !== 'agent_start' || event['attempt'] !== 1) return [];
    const config = (event['config'] ?? {}) as Record<string, unknown>;
    const model = text(event['model']);
    const asked = { runtime: text(event['runtime']) ?? '', provider: text(config['provider']), model: model === 'inherit' ? undefined : model };
    return [{ phase: text(event['phase']) ?? '', ...asked }];
  });
}

/** Counts the nodes of each phase. */
export function countNodes(
  nodes: readonly PlayedNode[],
  events: readonly InnerEvent[],
  titles: readonly string[],
  stopped?: string,
): Omit<Estimate, 'projected'> {
  const counts = new Map(titles.map((title) => [title, 0]));
  for (const { phase } of nodes) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  const failed = events.filter((event) => event.type === 'agent_done' && event['ok'] === false).length;
  const phases = [...counts].map(([title, count]) => ({ title, nodes: count }));
  return { nodes: nodes.length, phases, failed, ...(stopped === undefined ? {} : { stopped }) };
}
