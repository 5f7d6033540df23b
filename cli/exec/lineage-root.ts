import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const parentage = z.object({ resumed_from: z.string().nullable().catch(null), lineage_root: z.string().nullable().catch(null) });

/** The first run of the lineage that a resume of `runId` belongs to: the run that was not itself a resume, as far as folders tell. */
export function lineageRoot(root: string, runId: string): string {
  const seen = new Set<string>();
  for (let current = runId; ;) {
    seen.add(current);
    const { resumed_from: from, lineage_root: first } = readParentage(root, current);
    if (first !== null) return first;
    if (from === null || seen.has(from)) return current;
    current = from;
  }
}

function readParentage(root: string, runId: string): z.infer<typeof parentage> {
  try {
    return parentage.parse(JSON.parse(readFileSync(join(root, '.odw', 'runs', runId, 'run.json'), 'utf8')));
  } catch {
    return { resumed_from: null, lineage_root: null };
  }
}
