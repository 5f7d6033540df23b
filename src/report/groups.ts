import type { JournalRecord } from '../../schemas/journal.ts';
import { innerEvents, numberOf, stringOf } from './fields.ts';

/** A parallel, pipeline or child workflow of the run (EVT-05). */
export interface ReportGroup {
  id: string;
  kind: 'parallel' | 'pipeline' | 'workflow';
  label: string;
  phase: string;
  /** The group around it, and where in it. */
  group?: string;
  item?: number;
  stage?: number;
  count?: number;
  stages?: number;
  ok?: boolean;
  startMs: number;
  /** Messages of items that threw, by item. */
  itemErrors: { item: number; message: string }[];
}

const starts: Record<string, ReportGroup['kind']> = { parallel_start: 'parallel', pipeline_start: 'pipeline', workflow_call_start: 'workflow' };
const ends = new Set(['parallel_done', 'pipeline_done', 'workflow_call_done']);
const itemErrors = new Set(['parallel_item_error', 'pipeline_item_error']);

/** The groups of a run, in order of start. Journals without group ids have none. */
export function readGroups(events: JournalRecord[]): ReportGroup[] {
  const groups = new Map<string, ReportGroup>();
  for (const { event, ms } of innerEvents(events)) {
    const id = stringOf(event['id']);
    const kind = Object.hasOwn(starts, event.type) ? starts[event.type] : undefined;
    if (kind && id !== undefined && !groups.has(id)) {
      const count = numberOf(event['count']);
      const stages = numberOf(event['stages']);
      const label = stringOf(event['label']) ?? stringOf(event['name']) ?? kind;
      groups.set(id, {
        id,
        kind,
        label,
        phase: stringOf(event['phase']) ?? '',
        ...placeOf(event),
        ...(count === undefined ? {} : { count }),
        ...(stages === undefined ? {} : { stages }),
        startMs: ms,
        itemErrors: [],
      });
    } else if (ends.has(event.type) && id !== undefined && typeof event['ok'] === 'boolean') {
      const group = groups.get(id);
      if (group) group.ok = event['ok'];
    } else if (itemErrors.has(event.type)) {
      const message = stringOf(event['message']) ?? '';
      groups.get(stringOf(event['group']) ?? '')?.itemErrors.push({ item: numberOf(event['item']) ?? numberOf(event['index']) ?? 0, message });
    }
  }
  return [...groups.values()];
}

/** Where an event stands: the group around it, its item and stage there. */
export function placeOf(event: { [key: string]: unknown }): { group?: string; item?: number; stage?: number } {
  const { group, item, stage } = event;
  return {
    ...(typeof group === 'string' ? { group } : {}),
    ...(typeof item === 'number' ? { item } : {}),
    ...(typeof stage === 'number' ? { stage } : {}),
  };
}
