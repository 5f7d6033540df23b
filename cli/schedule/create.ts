import { OdwError } from '../../src/errors/error.ts';
import { createSchedule } from '../../temporal/schedule/create.ts';
import { parseDuration } from '../../temporal/schedule/duration.ts';
import type { Overlap } from '../../temporal/schedule/overlap.ts';
import { checkName } from '../../temporal/schedule/problems.ts';
import { describeSchedule } from '../../temporal/schedule/read.ts';
import { readTiming, type TimingFlags } from '../../temporal/schedule/timing.ts';
import { listWorkers } from '../../temporal/service/pollers.ts';
import { engineClient } from '../engine-client.ts';
import type { ExecFlags } from '../exec/flags.ts';
import { lintFirst } from '../exec/lint-first.ts';
import { ExecOutput } from '../exec/output.ts';
import { compilePlan, planRun } from '../exec/plan.ts';
import { pricesFirst } from '../exec/prices-first.ts';
import { print } from './print.ts';
import { createdText } from './text.ts';

export interface CreateFlags extends ExecFlags, TimingFlags {
  overlap: Overlap;
  catchup: string;
}

// The server takes no shorter one.
const leastCatchupMs = 10_000;

/** `odw schedule create`: pins script and options as they are now, and prints what the schedule will do. */
export async function create(name: string, flags: CreateFlags): Promise<void> {
  checkName(name);
  const timing = readTiming(flags);
  const catchupMs = parseDuration('--catchup', flags.catchup);
  if (catchupMs < leastCatchupMs) throw new OdwError('schedule-invalid', `--catchup expects 10s or more, got "${flags.catchup}"`, { exitCode: 2 });
  if (!flags.script) throw new OdwError('script-required', 'odw schedule create requires --script', { exitCode: 2 });
  const plan = planRun(flags, process.env);
  const input = await compilePlan(plan, null);
  const output = new ExecOutput(flags);
  const refuseErrors = flags.lint !== false && plan.options.backend !== 'mock';
  if (refuseErrors || !output.quiet) await lintFirst(plan, input.script, refuseErrors, output);
  if (plan.options.backend !== 'mock') await pricesFirst(plan, input.script, output);

  const { client, engine } = await engineClient();
  await createSchedule(client, { name, input, timing, overlap: flags.overlap, catchupMs, searchAttributes: engine.searchAttributes });
  const [view, workers] = await Promise.all([describeSchedule(client, name), listWorkers(client)]);
  print(flags.json, { ...view, workers: workers.length, notes: timing.notes }, () => createdText(view, workers.length, timing.notes));
}
