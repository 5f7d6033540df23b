import { readProcessTable, type ProcessRow } from '../../system/process-table.ts';

let table: ProcessRow[] = [];
let readAt = -Infinity;

/**
 * The process table, at most `maxAgeMs` old: many nodes that look at the same moment share one reading.
 * A stale table may show a process that has just died, never miss one older than that age.
 */
export function recentProcessTable(maxAgeMs = 250): ProcessRow[] {
  const now = performance.now();
  if (now - readAt > maxAgeMs) {
    table = readProcessTable();
    readAt = performance.now();
  }
  return table;
}
