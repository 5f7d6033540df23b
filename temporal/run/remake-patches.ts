import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SinkRecord } from '../../schemas/journal.ts';
import { writeFileAtomic } from '../../system/files.ts';

/**
 * Writes the patches of a run's worktrees that are gone from its folder: those that its answers hold as text. One that was too large for that, or
 * is no UTF-8, stands in no history.
 */
export function remakePatches(records: readonly SinkRecord[], dir: string): void {
  for (const { event } of records) {
    if (event.type !== 'agent_done') continue;
    const { worktree } = objectOf(event['result']);
    const { diff, diffFile, diffTruncated } = objectOf(worktree);
    // An agent may answer with an object that looks alike: no other file is written, and none is replaced.
    if (typeof diff !== 'string' || typeof diffFile !== 'string' || diffTruncated === true || !/^diffs\/[\w-]+\.patch$/.test(diffFile)) continue;
    const path = join(dir, diffFile);
    if (!existsSync(path)) writeFileAtomic(path, diff);
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
