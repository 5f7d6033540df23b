import { describe, expect, it } from 'vitest';
import type { NodeIdentity } from '../../src/keys/fingerprint.ts';
import { changedParts, partsOf } from '../../src/keys/parts.ts';
import { nodeIdentity } from '../support/node-identity.ts';

const node = nodeIdentity({ isolation: 'worktree', worktreeBase: 'head', schema: { type: 'object' }, mock: { mockTokens: 1 } });
const changed = (change: Partial<NodeIdentity>) => changedParts(partsOf(node), partsOf({ ...node, ...change }));

describe('the parts of a fingerprint', () => {
  it('EXPL-01 EXPL-02 name what changed, each group by itself', () => {
    expect(changed({})).toEqual([]);
    expect(changed({ prompt: 'look at that' })).toEqual(['prompt']);
    expect(changed({ schema: { type: 'array' } })).toEqual(['schema']);
    expect(changed({ schema: undefined })).toEqual(['schema']);
    expect(changed({ schemaPurpose: 'why' })).toEqual(['schema']);
    for (const change of [{ model: 'n' }, { runtime: 'codex' }, { provider: 'kimi' }, { backend: 'pandacode' }, { gateway: 'g' }, { acpAgent: 'a' }])
      expect(changed(change)).toEqual(['model']);
    for (const change of [
      { effort: 'high' },
      { worktreeBase: 'working-tree' },
      { isolation: undefined },
      { session: 's' },
      { permission: 'limited' },
      { mock: {} },
    ])
      expect(changed(change)).toEqual(['options']);
    // EXPL-02: the files that a node names.
    const inputs = (one: string | undefined, other: string | undefined) => changedParts(partsOf({ ...node, inputs: one }), partsOf({ ...node, inputs: other }));
    expect([inputs('a', 'b'), inputs(undefined, 'b'), inputs('a', undefined), inputs('a', 'a')]).toEqual([['inputs'], ['inputs'], ['inputs'], []]);
    expect(partsOf({ ...node, inputs: undefined })).toBe(partsOf(node));
    expect(changed({ prompt: 'x', model: 'y' })).toEqual(['prompt', 'model']);
  });

  it('are short, whatever the node', () => {
    expect(partsOf({ ...node, prompt: 'p'.repeat(1_000_000) }).length).toBeLessThan(60);
    expect(partsOf(node)).toBe(partsOf({ ...node }));
  });

  it('say nothing when those of one side were not recorded', () => {
    expect(changedParts(undefined, partsOf(node))).toBeUndefined();
    expect(changedParts('a.b', partsOf(node))).toBeUndefined();
  });

  it('tell twenty thousand like texts apart', () => {
    const seen = new Set(Array.from({ length: 20_000 }, (_, n) => partsOf({ ...node, prompt: `file ${n}` }).split('.')[0]));
    expect(seen.size).toBe(20_000);
  });
});
