import { hashInputs } from '../../activities/inputs/hash-inputs.ts';
import type { HashedInputs, HashRequest } from '../../schemas/inputs.ts';
import { isGivenLabel } from '../../src/explain/matcher.ts';

/** The files that one node of an open run has gone by. */
export interface RecordedInputs extends Required<Pick<HashRequest, 'node' | 'patterns'>> {
  hashed: HashedInputs & { ok: true };
}

/**
 * Hands out what nodes of an open run have hashed, when the run is played to explain its resume: to each node its own, since two that name the
 * same files went by what stood in them when each of them started. Of equal nodes the first gets what the first one had.
 */
export class KeptInputs {
  private readonly kept = new Map<string, HashedInputs[]>();
  private readonly now = new Map<string, Promise<HashedInputs>>();

  constructor(recorded: readonly RecordedInputs[]) {
    for (const { hashed, ...node } of recorded) {
      const list = this.kept.get(nameOf(node));
      if (list) list.push(hashed);
      else this.kept.set(nameOf(node), [hashed]);
    }
  }

  /** For a node that had not started, what the files hold now. */
  async hash({ node, ...request }: HashRequest): Promise<HashedInputs> {
    const own = node && this.kept.get(nameOf({ node, patterns: request.patterns }))?.shift();
    if (own) return own;
    // A look does not take long: its nodes find the same.
    const name = JSON.stringify(request);
    const look = this.now.get(name) ?? hashInputs(request);
    this.now.set(name, look);
    return look;
  }
}

// A label that odw gave says only how many nodes were asked for before, and that is another number when answers come in another order.
function nameOf({ node: { label, phase, prompt }, patterns }: Pick<RecordedInputs, 'node' | 'patterns'>): string {
  return JSON.stringify([isGivenLabel(label) ? '' : label, phase, prompt, patterns]);
}
