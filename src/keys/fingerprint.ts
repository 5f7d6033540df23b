import { canonicalJson } from './canonical.ts';
import { sha256 } from './sha256.ts';

/** Everything that decides what a node would be asked and who would answer (KEY-02, KEY-03). Labels, phases, timeouts and retries are not part of it. */
export interface NodeIdentity {
  prompt: string;
  backend: string;
  runtime: string;
  provider: string | undefined;
  model: string | undefined;
  effort: string;
  action: string | undefined;
  permission: string | undefined;
  isolation: string | undefined;
  worktreeBase: string | undefined;
  /** Only a session that the author named. */
  session: string | undefined;
  gateway: string | undefined;
  acpAgent: string | undefined;
  /** Schema content, or the reference when it could not be loaded. */
  schema: unknown;
  schemaPurpose: string | undefined;
  /** Names and contents of the files that the author named; absent when none are named. */
  inputs?: string | undefined;
  /** The skills that the node goes by, in order, each with the hash of its text; absent when there are none. */
  skills?: { id: string; sha256: string }[] | undefined;
  /** Mock options, on the mock backend only. */
  mock: unknown;
}

/** Hex SHA-256 fingerprint of a node. */
export function fingerprintOf(identity: NodeIdentity): string {
  return sha256(canonicalJson(identity));
}

/** Gives the n-th use of a key its own name: the first keeps the bare key, then `<key>#2`, `<key>#3` (KEY-04). */
export class Ordinals {
  private readonly counts = new Map<string, number>();

  next(key: string): number {
    const ordinal = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, ordinal);
    return ordinal;
  }

  static name(key: string, ordinal: number): string {
    return ordinal === 1 ? key : `${key}#${ordinal}`;
  }
}
