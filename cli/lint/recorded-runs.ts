import { join } from 'node:path';
import { readLedger } from '../../src/ledger/rows.ts';
import type { RecordedRun } from '../../src/projection/project.ts';
import { runsFolder } from '../run-folder.ts';
import { innerEvents } from '../runs/cost.ts';
import { listRuns } from '../runs/list.ts';

/** The newest runs tell enough. */
const most = 20;

/**
 * Recorded runs of a script on a real backend, newest first: of this very text, else of another one under its name. Undefined when there is
 * none. A run that only took up another one's results, or never got to a node, tells nothing.
 */
export function recordedRuns(root: string, script: { sha256: string; name: string }): { from: 'script' | 'name'; runs: RecordedRun[] } | undefined {
  const real = listRuns(root)
    .runs.filter(({ backend, preview, finished_ms }) => backend === 'pandacode' && !preview && finished_ms !== null)
    .reverse();
  for (const [from, runs] of [
    ['script', real.filter((run) => run.script_sha256 === script.sha256)],
    ['name', real.filter((run) => run.name === script.name)],
  ] as const) {
    const found = runs
      .slice(0, most)
      .map(({ run_id: runId }) => ({ runId, rows: ledgerRows(join(runsFolder(root), runId)) }))
      .filter(({ rows }) => rows.length > 0);
    if (found.length > 0) return { from, runs: found };
  }
  return undefined;
}

function ledgerRows(dir: string): RecordedRun['rows'] {
  try {
    return readLedger(innerEvents(dir)).rows;
  } catch {
    // A folder that is being removed, or lost its journal.
    return [];
  }
}
