import type { Client, ScheduleDescription } from '@temporalio/client';
import { overlapName } from './overlap.ts';
import { aboutSchedule } from './problems.ts';

/** What odw keeps with a schedule on the server. */
export interface ScheduleMemo {
  /** Version of the odw that created it. */
  odw: string;
  root: string;
  script: string;
  sha256: string;
  backend: string;
  when: string;
  zone: string | null;
}

/** A schedule in the list. */
export interface ScheduleRow extends Omit<ScheduleMemo, 'odw'> {
  name: string;
  paused: boolean;
  /** ISO time of the next firing; null when there is none. */
  next: string | null;
  /** Id of the newest run. */
  last_run: string | null;
}

/** One schedule in full. */
export interface ScheduleView extends ScheduleRow {
  note: string;
  overlap: string;
  catchup_ms: number;
  /** Firings left; null = no end. */
  remaining: number | null;
  /** The next firings, ISO times. */
  coming: string[];
  /** The last runs, oldest first. */
  runs: { run_id: string; at: string }[];
  /** Ids of open runs. */
  running: string[];
  fired: number;
  /** Firings that came later than catch-up allows. */
  missed: number;
  /** Firings that the overlap policy dropped. */
  skipped: number;
  created: string;
}

/** All schedules that odw created, by name. The list may lag a moment behind a change. */
export async function listSchedules(client: Client): Promise<ScheduleRow[]> {
  const rows: ScheduleRow[] = [];
  for await (const { scheduleId, memo, state, info } of client.schedule.list()) {
    if (typeof memo?.['odw'] !== 'string' || typeof memo['when'] !== 'string') continue;
    rows.push(rowOf(scheduleId, memo as unknown as ScheduleMemo, state.paused, info));
  }
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * One schedule as it is now.
 *
 * @throws OdwError `schedule-not-found`
 */
export async function describeSchedule(client: Client, name: string): Promise<ScheduleView> {
  const { memo, state, info, policies } = await aboutSchedule(name, client.schedule.getHandle(name).describe());
  const spent = state.remainingActions === 0;
  return {
    ...rowOf(name, (memo ?? {}) as unknown as ScheduleMemo, state.paused, spent ? { ...info, nextActionTimes: [] } : info),
    note: state.note ?? '',
    overlap: overlapName(policies.overlap),
    catchup_ms: policies.catchupWindow,
    remaining: state.remainingActions ?? null,
    coming: spent ? [] : info.nextActionTimes.map((time) => time.toISOString()),
    runs: info.recentActions.map(({ action, scheduledAt }) => ({ run_id: action.workflow.workflowId, at: scheduledAt.toISOString() })),
    running: info.runningActions.map((action) => action.workflow.workflowId),
    fired: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
    created: info.createdAt.toISOString(),
  };
}

function rowOf(name: string, memo: ScheduleMemo, paused: boolean, info: Pick<ScheduleDescription['info'], 'recentActions' | 'nextActionTimes'>): ScheduleRow {
  const { root, script, sha256, backend, when, zone } = memo;
  return {
    name,
    when,
    zone,
    root,
    script,
    sha256,
    backend,
    paused,
    next: info.nextActionTimes[0]?.toISOString() ?? null,
    last_run: info.recentActions.at(-1)?.action.workflow.workflowId ?? null,
  };
}
