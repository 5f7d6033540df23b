import { resolve } from 'node:path';
import { eventLines } from '../../src/journal/lines.ts';
import { OdwError } from '../../src/errors/error.ts';
import { printJson, printText } from '../print.ts';
import { findRunFolder } from '../run-folder.ts';
import { followJournal } from './follow.ts';
import { readRun } from './read-run.ts';

/**
 * `odw runs watch` (NEXT-01, plain mode): prints a run's journal from its beginning and as it grows, and ends with the run.
 *
 * @returns the run's exit code
 * @throws OdwError `run-not-found`; `run-not-hosted` when the run is open and no process goes on with it
 */
export async function watchRun(root: string, idOrLatest: string, json: boolean): Promise<number> {
  const { runId, dir } = findRunFolder(root, idOrLatest);
  if (!readRun(dir)) throw new OdwError('run-not-found', `there is no run ${runId} in ${resolve(root)}`);
  const code = await followJournal(dir, {
    onRecord: (record, line) => {
      if (json) printJson(line);
      else if (record.type === 'script_stream') {
        const lines = typeof record.raw === 'string' ? [record.summary] : eventLines(record.raw);
        printText(lines.map((one) => `${one}\n`).join(''), record.stream);
      } else if (record.type === 'exit') printText(`[odw] ${record.status} run_id=${runId}\n`);
    },
  });
  if (code !== undefined) return code;
  throw new OdwError('run-not-hosted', `run ${runId} is open, but no process hosts it`, {
    next: `Go on with it: odw exec --path ${root} --resume ${runId}`,
    exitCode: 3,
  });
}
