import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { normaliseReport, type Execution } from '../../src/executor-report/normalise.ts';
import { rawReportName } from '../../src/executor-report/raw-report-name.ts';
import { writeFileAtomic } from '../../system/files.ts';

/**
 * Keeps the full report of a finished step in the run directory (PARSE-06). Doing it again for the same report changes nothing;
 * another report under the same session name gets a file of its own.
 *
 * @returns the file's name; undefined when it could not be written, which `events` then tells and which fails nothing
 */
export function saveRawReport(request: NodeRequest, execution: Execution, events: NodeOutcome['events']): string | undefined {
  const content = `${JSON.stringify(execution.report ?? normaliseReport(execution), null, 2)}\n`;
  try {
    for (let round = 0; ; round++) {
      const name = rawReportName(request.runtime, request.session, round);
      const path = join(request.runDir, name);
      if (!existsSync(path)) writeFileAtomic(path, content);
      else if (readFileSync(path, 'utf8') !== content) continue;
      return name;
    }
  } catch (error) {
    events.push({
      type: 'panda_raw_report_error',
      runtime: request.runtime,
      action: execution.action,
      message: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}
