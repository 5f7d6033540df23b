import type { NodeOutcome } from '../../schemas/node.ts';

/** Of an attempt for which no executor was started: it cost nothing, and everybody knows. */
export const nothingUsed: Pick<NodeOutcome, 'usage' | 'cost'> = { usage: null, cost: { usd: 0, basis: 'measured' } };
