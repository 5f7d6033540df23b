import type { NodeOutcome } from '../../schemas/node.ts';
import type { OldNode } from '../../src/explain/nodes.ts';
import type { Earlier } from './earlier.ts';
import { failureOf } from './recorded-failures.ts';

/**
 * The nodes of an earlier run, finished or not, as an explanation needs them.
 *
 * @param failures how nodes failed, when the run is open
 */
export function oldNodes({ reuse, failed, active }: Earlier, failures?: ReadonlyMap<string, NodeOutcome>): OldNode[] {
  const none = { parts: undefined, fingerprint: undefined, tokens: null, value: null };
  return [
    ...Object.entries(reuse.nodes).map(([key, node]) => ({
      key,
      label: node.label,
      phase: node.phase ?? '',
      index: node.index,
      parts: node.parts,
      fingerprint: node.fingerprint,
      tokens: node.tokens,
      state: 'done' as const,
      value: node.value,
      held: node.held,
    })),
    ...failed.map((node) => ({
      ...none,
      ...node,
      index: node.index,
      state: 'failed' as const,
      ...(failures ? { failure: failures.get(node.key) ?? failureOf(null) } : {}),
    })),
    ...active.map((node) => ({ ...none, ...node, index: node.index, state: 'active' as const })),
  ];
}
