import type { MetNode, OldNode } from './nodes.ts';

type Place = Pick<MetNode, 'key' | 'label' | 'phase' | 'index'>;

/**
 * Finds for a node without a reusable result the earlier node that it stands for: by its id, else by label and phase, else by its place
 * among the nodes around it. Each earlier node is given once, and none that is reused.
 */
export class Matcher {
  private readonly free: Set<OldNode>;
  /** Reused nodes, in the order of the new calls: where they stand now, and where they stood. */
  private readonly anchors: { now: number; before: number }[];
  /** Earlier nodes that a node without a result names. */
  private readonly named: ReadonlySet<OldNode>;

  /**
   * @param old all nodes of the earlier run
   * @param reused what an earlier look found to be reused; undefined at the first look, when nothing is known yet
   * @param others what it found to have no result: an earlier node that one of them names is not given to another for its place
   */
  constructor(
    old: readonly OldNode[],
    private readonly reused: readonly Pick<MetNode, 'key' | 'fingerprint' | 'index'>[] | undefined,
    others: readonly Place[] = [],
  ) {
    // Of two that stood at one place the one of the later run, which comes last, is asked first: what changed is what changed since.
    const placed = old.filter(({ index }) => index !== undefined).reverse();
    const unplaced = old.filter(({ index }) => index === undefined);
    this.free = new Set([...placed.sort((a, b) => Number(a.index) - Number(b.index)), ...unplaced]);
    this.anchors = [];
    for (const { key, fingerprint, index } of reused ?? []) {
      const taken = this.find((node) => node.fingerprint === fingerprint && node.key === key) ?? this.find((node) => node.fingerprint === fingerprint);
      if (!taken) continue;
      this.free.delete(taken);
      if (taken.index !== undefined) this.anchors.push({ now: index, before: taken.index });
    }
    this.anchors.sort((a, b) => a.now - b.now);
    this.named = this.namedBy(others);
  }

  take(place: Place): OldNode | undefined {
    const found = this.byName(place) ?? this.byPlace(place);
    if (found) this.free.delete(found);
    return found;
  }

  private namedBy(places: readonly Place[]): Set<OldNode> {
    const named = new Set<OldNode>();
    for (const place of places) {
      const found = this.byName(place, named);
      if (found) named.add(found);
    }
    return named;
  }

  private byName({ key, label, phase }: Place, taken?: ReadonlySet<OldNode>): OldNode | undefined {
    const find = (wanted: (node: OldNode) => boolean) => this.find((node) => !taken?.has(node) && wanted(node));
    const byKey = find((node) => node.key === key);
    if (byKey || isGivenLabel(label)) return byKey;
    return find((node) => node.label === label && node.phase === phase) ?? find((node) => node.label === label);
  }

  private byPlace({ index, phase, label }: Place): OldNode | undefined {
    if (!isGivenLabel(label) && this.reused === undefined) return undefined;
    if (this.reused === undefined) return this.find((node) => node.index === index);
    const low = this.anchors.findLast(({ now }) => now < index)?.before ?? 0;
    const high = this.anchors.find(({ now, before }) => now > index && before > low)?.before ?? Infinity;
    const between = [...this.free].filter((node) => node.index !== undefined && node.index > low && node.index < high && !this.named.has(node));
    return between.find((node) => node.phase === phase) ?? between[0];
  }

  private find(wanted: (node: OldNode) => boolean): OldNode | undefined {
    for (const node of this.free) if (wanted(node)) return node;
    return undefined;
  }
}

/** Whether odw gave a label, so that it says only where a node stood. */
export function isGivenLabel(label: string): boolean {
  return /^(agent|parallel)-\d+$/.test(label);
}
