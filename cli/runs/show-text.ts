import type { RunFile } from '../../schemas/run-file.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import { cutCodePoints } from '../../src/text.ts';
import type { RunView } from './show.ts';

const COMPLETED_SHOWN = 12;
const EVENTS_SHOWN = 16;

/** `odw runs show` for people (CLI-21, CLI-22): lines without the last line end. */
export function showText(view: RunView): string {
  const { run, counts } = view;
  const lines = [`Run ${run.run_id} [${run.status}]`];
  if (view.failure !== undefined) lines.push(`Failure: ${view.failure}`);
  lines.push(
    `Workflow: ${('workflow' in run && run.workflow) || '-'}`,
    `Duration: ${duration(view)}`,
    `Nodes: active=${counts.active} completed=${counts.completed} failed_attempts=${counts.failed_attempts} checkpoints=${counts.checkpoints}${counts.unfinished ? ` unfinished=${counts.unfinished}` : ''}`,
    `Resume: odw exec --resume ${run.run_id}`,
  );
  if ('status' in run && run.status === 'paused') lines.push(...heldText(run));
  if ('status' in run && run.status === 'interrupted' && run.parked) lines.push(`Parked when it was left: ${parkText(run.parked)}`);
  if ('state' in run && run.state === 'stalled') lines.push(`Stalled: go on with ${String(run['next'])}`);
  if (view.note !== undefined) lines.push(`Note: ${view.note}`);
  section(
    lines,
    'Active nodes:',
    view.active.flatMap((node) => [nodeLine(node, node.state), ...(node.last ? [`    last: ${oneLine(node.last, 220)}`] : [])]),
  );
  section(
    lines,
    'Unfinished nodes:',
    (view.unfinished ?? []).map((node) => nodeLine(node, 'unfinished')),
  );
  section(
    lines,
    'Failed attempts:',
    view.failed.map((node) => nodeLine(node, 'failed')),
  );
  section(
    lines,
    'Completed nodes:',
    view.completed.slice(-COMPLETED_SHOWN).map((node) => nodeLine(node, 'done')),
  );
  section(
    lines,
    'Recent events:',
    view.events.slice(-EVENTS_SHOWN).map((record) => `  - ${eventText(record)}`),
  );
  return lines.join('\n');
}

// What holds an open run back, and the command that goes on.
function heldText(run: Exclude<RunView['run'], { status: 'unknown' }>): string[] {
  const { parked, run_id } = run;
  const unpause = `odw unpause ${run_id}`;
  if (!parked) return [`Paused: go on with ${unpause}`];
  return [`Parked: ${parkText(parked)}`, `Go on: ${parked.fix ?? unpause}`];
}

function parkText({ reason, until, source, message }: NonNullable<RunFile['parked']>): string {
  const reset = until === undefined ? '' : ` until ${until}${source === 'estimated' ? ' (estimated)' : ''}`;
  return `${reason}${reset}${message === undefined ? '' : `: ${message}`}`;
}

function section(lines: string[], title: string, content: string[]): void {
  if (content.length > 0) lines.push('', title, ...content);
}

function nodeLine(
  node: { phase: string; label: string; agentType?: string | undefined; key: string; attempt: number; maxAttempts: number },
  state: string,
): string {
  return `  - ${node.phase} / ${node.label} / ${node.agentType ?? '-'} key=${node.key} state=${state} attempt=${node.attempt}/${node.maxAttempts}`;
}

function duration({ run, events }: RunView): string {
  if (run.status === 'unknown' || !('started_ms' in run)) return '-';
  if (run.finished_ms !== null) return `${run.finished_ms - run.started_ms}ms`;
  if (run.status === 'running') return 'running';
  const last = events.at(-1)?.ts_ms;
  return last === undefined ? run.status : `${Math.max(0, last - run.started_ms)}ms until ${run.status}`;
}

function eventText(record: JournalRecord): string {
  if (record.type === 'script_stream' && record.summary !== '') return oneLine(record.summary, 400);
  return record.type || cutCodePoints(JSON.stringify(record), 160);
}

function oneLine(text: string, max: number): string {
  return cutCodePoints(text.replace(/\r?\n/g, '\\n'), max);
}
