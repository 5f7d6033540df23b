import type { ReusableNode, RunInput } from '../../schemas/run-input.ts';
import type { NodeCall } from './call.ts';

/**
 * Results of earlier runs, each to be taken once (KEY-05). A node takes what stands under its key and fingerprint; else another result of
 * the same id, or the same content, that has its fingerprint: an edit that was taken back, or a call that got another ordinal.
 */
export class Reusable {
  private readonly nodes: Record<string, ReusableNode>;
  private readonly isAsked: (key: string, label: string, phase: string | undefined) => boolean;
  private readonly taken = new Set<ReusableNode>();
  private others: Map<string, ReusableNode[]> | undefined;

  constructor(private readonly reuse: RunInput['reuse']) {
    this.nodes = reuse?.nodes ?? {};
    const again = reuse?.again;
    const [keys, labels, phases] = [new Set(again?.keys), new Set(again?.labels), new Set(again?.phases)];
    this.isAsked = again ? (key, label, phase) => keys.has(key) || labels.has(label) || (phase !== undefined && phases.has(phase)) : () => false;
  }

  /** The result that a node takes over; undefined when it has to run. */
  take({ key, bareKey, fingerprint, settings }: Pick<NodeCall, 'key' | 'bareKey' | 'fingerprint' | 'settings'>): ReusableNode | undefined {
    if (!this.reuse || this.isAsked(key, settings.label, settings.phase)) return undefined;
    const own = Object.hasOwn(this.nodes, key) ? this.nodes[key] : undefined;
    const found = own && answers(own, fingerprint) && !this.taken.has(own) ? own : this.findOther(bareKey, fingerprint);
    if (found) this.taken.add(found);
    return found;
  }

  private findOther(bareKey: string, fingerprint: string): ReusableNode | undefined {
    this.others ??= this.byIdentity();
    return this.others.get(`${fingerprint} ${bareKey}`)?.find((node) => !this.taken.has(node));
  }

  private byIdentity(): Map<string, ReusableNode[]> {
    const found = new Map<string, ReusableNode[]>();
    const add = (key: string, node: ReusableNode) => {
      // A result whose own node is to run again is not handed to another.
      if (this.isAsked(key, node.label, node.phase)) return;
      const bare = key.replace(/#\d+$/, '');
      for (const fingerprint of [node.fingerprint, ...(node.restartedWith ? [node.restartedWith.fingerprint] : [])]) {
        // A key without an id is made of the fingerprint that the script asks under.
        const name = `${fingerprint} ${node.restartedWith && bare.startsWith('agent:') ? `agent:${fingerprint}` : bare}`;
        const list = found.get(name);
        if (list) list.push(node);
        else found.set(name, [node]);
      }
    };
    for (const [key, node] of Object.entries(this.nodes)) add(key, node);
    for (const { key, ...node } of this.reuse?.older ?? []) add(key, node);
    return found;
  }
}

// A result that a person had made with something else than the script asks answers both (CTRL-05): it is paid for, and it is told.
function answers({ fingerprint, restartedWith }: ReusableNode, asked: string): boolean {
  return fingerprint === asked || restartedWith?.fingerprint === asked;
}
