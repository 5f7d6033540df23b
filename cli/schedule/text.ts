import { durationText } from '../../temporal/schedule/duration.ts';
import { overlapTexts, type Overlap } from '../../temporal/schedule/overlap.ts';
import type { ScheduleRow, ScheduleView } from '../../temporal/schedule/read.ts';

/** What a new schedule will do, with every setting that was not asked for too (SCHED-02). */
export function createdText(view: ScheduleView, workers: number, notes: string[]): string {
  return lines(`schedule ${view.name} is created`, [
    ...settings(view),
    ...notes.map((note) => ['note', note] as const),
    ['workers', workers === 0 ? 'none serves the queue now: odw worker start' : `${workers} serve${workers === 1 ? 's' : ''} the queue`],
  ]);
}

/** `odw schedule describe` for people. */
export function describeText(view: ScheduleView): string {
  const { fired, missed, skipped } = view;
  return lines(`schedule ${view.name}${view.paused ? ', paused' : ''}`, [
    ...settings(view),
    ['note', view.note],
    ['fired', `${fired} times${skipped > 0 ? `, ${skipped} skipped` : ''}${missed > 0 ? `, ${missed} missed` : ''}`],
    ['open', view.running.join(', ')],
    ...view.runs.map(({ run_id }, n) => [n === 0 ? 'runs' : '', run_id] as const),
  ]);
}

/** `odw schedule list` for people: one line each. */
export function listText(rows: ScheduleRow[]): string {
  if (rows.length === 0) return 'no schedules; odw schedule create makes one';
  const cells = rows.map((row) => [row.name, row.when, row.paused ? 'paused' : (row.next ?? 'done'), row.script]);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((cell) => cell[column]!.length)));
  return cells.map((cell) => cell.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

function settings(view: ScheduleView): (readonly [string, string])[] {
  return [
    ['when', `${view.when}${view.zone === null ? '' : ` (${view.zone})`}`],
    ['next', view.paused ? 'none while paused' : view.coming.slice(0, 3).join(', ') || 'none'],
    ['overlap', `${view.overlap}${overlapTexts[view.overlap as Overlap] ? `: ${overlapTexts[view.overlap as Overlap]}` : ''}`],
    ['catch-up', `${durationText(view.catchup_ms)}: a firing that is later than this is dropped`],
    ['script', `${view.script} (SHA-256 ${view.sha256?.slice(0, 12)}, as it was at creation)`],
    ['project', view.root],
    ['backend', view.backend],
  ];
}

function lines(title: string, facts: (readonly [string, string])[]): string {
  return [title, ...facts.flatMap(([name, value]) => (value ? [`  ${name.padEnd(9)}${value}`] : []))].join('\n');
}
