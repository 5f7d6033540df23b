import type { ScheduleOverlapPolicy } from '@temporalio/client';

/** What a firing does while the run before is still open, as the flag names it. */
export const overlaps = ['skip', 'buffer', 'cancel', 'all'] as const;
export type Overlap = (typeof overlaps)[number];

const policies = { skip: 'SKIP', buffer: 'BUFFER_ONE', cancel: 'CANCEL_OTHER', all: 'ALLOW_ALL' } as const satisfies Record<Overlap, ScheduleOverlapPolicy>;

export function overlapPolicy(overlap: Overlap): ScheduleOverlapPolicy {
  return policies[overlap];
}

/** The flag's word for a policy; the server's own when odw has none. */
export function overlapName(policy: string | undefined): string {
  return overlaps.find((name) => policies[name] === policy) ?? (policy ?? 'unknown').toLowerCase();
}

export const overlapTexts: Record<Overlap, string> = {
  skip: 'a firing is skipped while the run before is open',
  buffer: 'one firing waits for the run before to end, further ones are skipped',
  cancel: 'a firing stops the run before',
  all: 'runs may overlap',
};
