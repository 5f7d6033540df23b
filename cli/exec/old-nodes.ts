import type { OldNode } from '../../src/explain/nodes.ts';
import type { Earlier } from './earlier.ts';

/** The nodes of an earlier run, finished or not, as an explanation needs them. */
export function oldNodes({ reuse, failed, active }: Earlier): OldNode[] {
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
    ...failed.map((node) => ({ ...none, ...node, index: node.index, state: 'failed' as const })),
    ...active.map((node) => ({ ...none, ...node, index: node.index, state: 'active' as const })),
  ];
}
