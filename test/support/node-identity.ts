import type { NodeIdentity } from '../../src/keys/fingerprint.ts';

/** A node as its key sees it, with these differences. */
export function nodeIdentity(fields: Partial<NodeIdentity> = {}): NodeIdentity {
  return {
    prompt: 'look at it',
    backend: 'mock',
    runtime: 'claude',
    provider: undefined,
    model: 'm',
    effort: 'low',
    action: undefined,
    permission: undefined,
    isolation: undefined,
    worktreeBase: undefined,
    session: undefined,
    gateway: undefined,
    acpAgent: undefined,
    schema: undefined,
    schemaPurpose: undefined,
    mock: {},
    ...fields,
  };
}
