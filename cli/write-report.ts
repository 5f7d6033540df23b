import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OdwError } from '../src/errors/error.ts';
import { writeFileAtomic } from '../system/files.ts';
import { readJournal } from './runs/read-journal.ts';
import { readRun } from './runs/read-run.ts';
import { readState } from './runs/read-state.ts';

/**
 * Writes the report of a run from its folder and returns the path.
 *
 * @param out default `<run dir>/report.html`
 * @throws OdwError `report-failed` (CLI-19)
 */
export async function writeReport(runDir: string, out = join(runDir, 'report.html')): Promise<string> {
  if (!existsSync(join(runDir, 'events.jsonl'))) {
    throw new OdwError('report-failed', `no events.jsonl in ${runDir} — nothing to graph`, {
      fields: { runDir },
      next: 'Check the run id with odw runs list.',
    });
  }
  try {
    const { renderReport } = await import('../src/report/render.ts');
    const events = readJournal(runDir);
    const run = readRun(runDir);
    if (!run) throw new Error(`${join(runDir, 'run.json')} is missing or not readable`);
    writeFileAtomic(out, renderReport({ run, events, state: readState(runDir, events) }));
    return out;
  } catch (cause) {
    throw new OdwError('report-failed', `report generator failed: ${cause instanceof Error ? cause.message : String(cause)}`, { fields: { runDir }, cause });
  }
}
