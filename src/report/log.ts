import type { JournalRecord } from '../../schemas/journal.ts';
import { cutText } from './text-limit.ts';

export interface LogLine {
  ms: number;
  kind: 'log' | 'checkpoint' | 'phase' | 'error' | 'stderr' | 'event';
  text: string;
}

/** At most this many lines are shown, the last ones. */
const MOST_LINES = 500;

const kinds: Record<string, LogLine['kind']> = {
  log: 'log',
  checkpoint: 'checkpoint',
  phase: 'phase',
  workflow_error: 'error',
  parallel_item_error: 'error',
  pipeline_item_error: 'error',
  panda_raw_report_error: 'error',
  panda_auto_answer: 'event',
  run_state: 'event',
  park: 'event',
  unpark: 'event',
};

/** What a run said on its way: logs, phases, checkpoints, errors of items and stderr of the script. */
export function readLog(events: JournalRecord[]): LogLine[] {
  const lines: LogLine[] = [];
  for (const record of events) {
    if (record.type !== 'script_stream') continue;
    const kind =
      record.stream === 'stderr' ? 'stderr' : typeof record.raw === 'object' && Object.hasOwn(kinds, record.raw.type) ? kinds[record.raw.type] : undefined;
    if (kind) lines.push({ ms: record.ts_ms, kind, text: cutText(record.summary.replace(/^\[[a-z:]+\] /, ''), 2000).text });
  }
  return lines.slice(-MOST_LINES);
}
