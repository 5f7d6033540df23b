import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog } from '../../pandacode/events/event-log.ts';
import { ProcessFamily } from '../../pandacode/process/family.ts';
import { RunControl } from '../../pandacode/run/run-control.ts';
import { Watchdog } from '../../pandacode/run/watchdog.ts';
import type { TurnContext } from '../../pandacode/runtimes/runtime.ts';
import { workspace } from '../support/pandacode.ts';

/** The surroundings of a turn, for parts that are tested without a run. */
export function turnContext(): { context: TurnContext; events(): string[]; warnings: string[]; changed: string[] } {
  const warnings: string[] = [];
  const changed: string[] = [];
  const file = join(workspace(), 'events.jsonl');
  const control = new RunControl();
  const context: TurnContext = {
    events: new EventLog('run', file, undefined, () => undefined),
    watchdog: new Watchdog({ overallMs: null, idleMs: 0, firstEventMs: 60_000 }, Date.now(), 'internal', (reason) => control.stop(reason)),
    control,
    family: new ProcessFamily('test'),
    threadKnown: () => undefined,
    artifact: () => undefined,
    warn: (text) => warnings.push(text),
    note: () => undefined,
    fileChanged: (path) => changed.push(path),
  };
  const events = () =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
  return { context, events, warnings, changed };
}
