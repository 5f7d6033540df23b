import type { ReportGroup } from './groups.ts';
import type { ReportNode } from './nodes.ts';

/** A group of the graph: its lanes run beside each other, what is in a lane runs one after another. */
export interface GraphGroup {
  /** `concurrent`: nodes that overlapped without a group around them (a bare Promise.all). */
  kind: ReportGroup['kind'] | 'concurrent';
  label: string;
  ok?: boolean;
  lanes: GraphBlock[][];
  itemErrors: { item: number; message: string }[];
}

/** A node, by its position in the model, or a group. */
export type GraphBlock = number | GraphGroup;

interface Entry {
  block: GraphBlock;
  stage: number;
  startMs: number;
  endMs: number;
}

/** Rebuilds how a run's nodes were nested from the group ids of its events (EVT-05, RPT-04). */
export function runGraph(nodes: ReportNode[], groups: ReportGroup[], endMs: number): GraphBlock[] {
  const known = new Map(groups.map((group) => [group.id, group]));
  const inside = new Map<string, { item: number; entry: Entry }[]>();
  const top: Entry[] = [];
  const place = (at: { group?: string; item?: number; stage?: number }, entry: Entry) => {
    if (at.group === undefined || !known.has(at.group)) top.push(entry);
    else listOf(inside, at.group).push({ item: at.item ?? 0, entry });
  };
  nodes.forEach((node, n) => place(node, { block: n, stage: node.stage ?? 0, startMs: node.startMs, endMs: node.endMs ?? endMs }));
  // Inner groups start after outer ones, so that backwards each group is whole before it is placed.
  for (const group of [...groups].reverse()) {
    const members = inside.get(group.id) ?? [];
    const lanes = new Map<number, Entry[]>();
    for (const { item, entry } of members) listOf(lanes, item).push(entry);
    const sorted = [...lanes].sort(([a], [b]) => a - b).map(([, entries]) => entries);
    const block: GraphGroup = {
      kind: group.kind,
      label: group.label,
      ...(group.ok === undefined ? {} : { ok: group.ok }),
      lanes: sorted.map(inOrder),
      itemErrors: group.itemErrors,
    };
    const endsMs = members.reduce((last, { entry }) => Math.max(last, entry.endMs), group.startMs);
    place(group, { block, stage: group.stage ?? 0, startMs: group.startMs, endMs: endsMs });
  }
  return inOrder(top);
}

/** Entries one after another; those of the same stage that overlapped in time stand beside each other. */
function inOrder(entries: Entry[]): GraphBlock[] {
  const sorted = [...entries].sort((a, b) => a.stage - b.stage || a.startMs - b.startMs || positionOf(a) - positionOf(b));
  const runs: Entry[][] = [];
  let until = Number.NEGATIVE_INFINITY;
  for (const entry of sorted) {
    const last = runs.at(-1);
    if (last && last[0]!.stage === entry.stage && entry.startMs < until) last.push(entry);
    else runs.push([entry]);
    until = runs.at(-1)!.reduce((latest, one) => Math.max(latest, one.endMs), 0);
  }
  return runs.map((run) =>
    run.length === 1 ? run[0]!.block : { kind: 'concurrent', label: 'at the same time', lanes: run.map((entry) => [entry.block]), itemErrors: [] },
  );
}

function listOf<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const known = lists.get(key);
  if (known) return known;
  const list: V[] = [];
  lists.set(key, list);
  return list;
}

function positionOf(entry: Entry): number {
  return typeof entry.block === 'number' ? entry.block : -1;
}
