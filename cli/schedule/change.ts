import type { Client } from '@temporalio/client';
import { OdwError } from '../../src/errors/error.ts';
import { backfillSchedule, pauseSchedule, removeSchedule, triggerSchedule, unpauseSchedule } from '../../temporal/schedule/change.ts';
import { localZone, readInstant, readZone } from '../../temporal/schedule/instant.ts';
import type { Overlap } from '../../temporal/schedule/overlap.ts';
import { describeSchedule } from '../../temporal/schedule/read.ts';
import { engineClient } from '../engine-client.ts';
import { print } from './print.ts';

interface ChangeFlags {
  json?: boolean;
  note?: string;
  overlap?: Overlap;
}

/** `odw schedule pause`. */
export function pause(name: string, flags: ChangeFlags): Promise<void> {
  return change(name, flags, (client) => pauseSchedule(client, name, flags.note), 'is paused; odw schedule unpause goes on');
}

/** `odw schedule unpause`. */
export function unpause(name: string, flags: ChangeFlags): Promise<void> {
  return change(name, flags, (client) => unpauseSchedule(client, name, flags.note), 'fires as planned');
}

/** `odw schedule rm`. */
export async function remove(name: string, flags: ChangeFlags): Promise<void> {
  const { client } = await engineClient();
  await removeSchedule(client, name);
  print(flags.json, { name, removed: true }, () => `schedule ${name} is removed; its runs stay`);
}

/** `odw schedule trigger`. */
export async function trigger(name: string, flags: ChangeFlags): Promise<void> {
  const { client } = await engineClient();
  const triggered = await triggerSchedule(client, name, flags.overlap);
  const { running } = await describeSchedule(client, name);
  print(flags.json, { name, ...triggered, running }, () => {
    if (triggered.run_id !== null) return `run_id=${triggered.run_id}`;
    if (triggered.why === 'skipped') return `skipped: ${running.join(', ') || 'a run'} is open (--overlap all starts another beside it)`;
    return `waiting: ${running.join(', ') || 'the run before'} has to end first`;
  });
}

/** `odw schedule backfill`. */
export async function backfill(name: string, flags: ChangeFlags & { from: string; to: string; tz?: string }): Promise<void> {
  const zone = flags.tz === undefined ? localZone() : readZone(flags.tz);
  const [from, to] = [readInstant(flags.from, zone), readInstant(flags.to, zone)];
  if (from >= to || to.getTime() > Date.now())
    throw new OdwError('schedule-invalid', `backfill needs a span in the past, got ${from.toISOString()} to ${to.toISOString()}`, { exitCode: 2 });
  const { client } = await engineClient();
  await backfillSchedule(client, name, from, to, flags.overlap);
  print(
    flags.json,
    { name, from: from.toISOString(), to: to.toISOString() },
    () => `schedule ${name} fires for its times from ${from.toISOString()} to ${to.toISOString()}`,
  );
}

async function change(name: string, flags: ChangeFlags, act: (client: Client) => Promise<void>, said: string): Promise<void> {
  const { client } = await engineClient();
  await act(client);
  const view = await describeSchedule(client, name);
  print(flags.json, view, () => `schedule ${name} ${said}`);
}
