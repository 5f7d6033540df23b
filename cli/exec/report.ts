import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import type { JournalRecord } from '../../schemas/journal.ts';
import type { RunState } from '../../schemas/state.ts';
import { readRunFile } from '../../activities/journal/run-file.ts';
import { renderReport } from '../../src/report/render.ts';
import { writeFileAtomic } from '../../system/files.ts';

/** Renders a run folder into its report.html. Returns the path. */
export async function writeReport(runDir: string, out = join(runDir, 'report.html')): Promise<string> {
  const [journal, state] = await Promise.all([readFile(join(runDir, 'events.jsonl'), 'utf8'), readFile(join(runDir, 'state.json'), 'utf8')]);
  const events = journal.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as JournalRecord]));
  const html = renderReport({ run: readRunFile(join(runDir, 'run.json')), events, state: JSON.parse(state) as RunState });
  writeFileAtomic(out, html);
  return out;
}
