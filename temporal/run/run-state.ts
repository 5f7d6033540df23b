import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InnerEvent } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import { liveStates, type LiveState } from '../../schemas/run-control.ts';

const held: readonly LiveState[] = ['pausing', 'paused', 'parked'];

/** What run.json says of an open run after a `run_state` event. */
export function liveFields(event: InnerEvent): Partial<RunFile> {
  const state = liveStates.find((name) => name === event['to']) ?? 'running';
  return { status: held.includes(state) ? 'paused' : 'running', state, parked: (event['parked'] as RunFile['parked']) ?? null };
}

/**
 * What run.json says of an open run that a host takes up: as its journal tells it last. The run itself may have nothing to say for days, when it
 * is paused for example.
 */
export function openFields(runDir: string): Partial<RunFile> {
  const path = join(runDir, 'events.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const last = lines.findLast((line) => line.includes('"type":"run_state"') && eventOf(line)?.type === 'run_state');
  const event = last === undefined ? undefined : eventOf(last);
  return event ? liveFields(event) : { status: 'running', state: 'running', parked: null };
}

function eventOf(line: string): InnerEvent | undefined {
  try {
    const { raw } = JSON.parse(line) as { raw?: unknown };
    return typeof raw === 'object' && raw !== null ? (raw as InnerEvent) : undefined;
  } catch {
    return undefined;
  }
}
