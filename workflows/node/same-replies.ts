import { canonicalJson } from '../../src/keys/canonical.ts';
import type { Json } from '../../schemas/json.ts';

// Whoever gives the same wrong answer three times in a row gives it a fourth time.
const limit = 3;

/** Notices an agent that keeps giving the same reply that does not match its schema (DIAL-11). */
export class SameReplies {
  private last: string | undefined;
  private count = 0;

  /** Takes the next invalid reply in a row; true once it is no use to try again. */
  isStuck(reply: Json): boolean {
    const text = canonicalJson(reply);
    this.count = text === this.last ? this.count + 1 : 1;
    this.last = text;
    return this.count >= limit;
  }
}
