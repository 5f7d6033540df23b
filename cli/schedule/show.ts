import { describeSchedule, listSchedules } from '../../temporal/schedule/read.ts';
import { engineClient } from '../engine-client.ts';
import { print } from './print.ts';
import { describeText, listText } from './text.ts';

/** `odw schedule list`. */
export async function list(flags: { json?: boolean }): Promise<void> {
  const { client } = await engineClient();
  const rows = await listSchedules(client);
  print(flags.json, rows, () => listText(rows));
}

/** `odw schedule describe`. */
export async function describe(name: string, flags: { json?: boolean }): Promise<void> {
  const { client } = await engineClient();
  const view = await describeSchedule(client, name);
  print(flags.json, view, () => describeText(view));
}
