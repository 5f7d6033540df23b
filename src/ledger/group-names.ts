/** What the rows of a ledger can be summed by. */
export const groupNames = ['phase', 'model', 'provider'] as const;
export type GroupName = (typeof groupNames)[number];
