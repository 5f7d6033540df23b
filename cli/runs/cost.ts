import { readLedger, type LedgerRow } from '../../src/ledger/rows.ts';
import type { GroupName } from '../../src/ledger/group-names.ts';
import { sourcesOf, sumGroups, totalOf, type LedgerSum } from '../../src/ledger/sums.ts';
import type { InnerEvent } from '../../schemas/journal.ts';
import type { Usage } from '../../schemas/limits.ts';
import { findRunFolder } from '../run-folder.ts';
import { readJournal } from './read-journal.ts';
import { readRun } from './read-run.ts';

/** What `odw runs cost` tells of a run (MONEY-03). Money is USD. */
export interface RunCost {
  ok: true;
  run: string;
  name: string;
  state: string;
  backend: string;
  by?: GroupName;
  groups?: (LedgerSum & { name: string })[];
  rows: LedgerRow[];
  /** Dispatches under way: not in any sum. */
  open: number;
  reused: number;
  /** What the runs used that this one resumed; part of the total. */
  carried: Usage | null;
  /** From which prices the estimates of the rows are. */
  sources: { source: string; asOf: string | null; usd: number }[];
  total: LedgerSum;
}

/**
 * The ledger of a run, read from its folder: open or closed, with or without a server.
 *
 * @throws OdwError `run-id-invalid`, `run-not-found`
 */
export function costOfRun(root: string, id: string, by?: GroupName): RunCost {
  const { runId, dir } = findRunFolder(root, id);
  const ledger = readLedger(innerEvents(dir));
  const run = readRun(dir);
  return {
    ok: true,
    run: runId,
    name: run?.name ?? '',
    state: run?.state ?? run?.status ?? 'unknown',
    backend: run?.backend ?? '',
    ...(by ? { by, groups: sumGroups(ledger.rows, by) } : {}),
    ...ledger,
    sources: sourcesOf(ledger.rows),
    total: totalOf(ledger),
  };
}

/** What happened inside a run, without the records of its host. */
export function innerEvents(dir: string): InnerEvent[] {
  return readJournal(dir).flatMap((record) => (record.type === 'script_stream' && typeof record.raw === 'object' ? [record.raw] : []));
}
