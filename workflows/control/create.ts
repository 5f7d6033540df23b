import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { showDetails } from '../details.ts';
import { outside } from '../outside/outside.ts';
import { until } from '../outside/quiet.ts';
import type { RunContext } from '../run-context.ts';
import { isSearchable } from '../search.ts';
import { RunControl, type StateChange } from './run-control.ts';

const status = defineSearchAttributeKey('OdwStatus', 'KEYWORD');

/** The control of a run, joined to its journal, to what the Web UI shows, and to its search attribute. */
export function createControl(ctx: RunContext): RunControl {
  return new RunControl({
    permits: ctx.permits,
    onState: (change) => tellState(ctx, change),
    onPark(scope, park, reason) {
      ctx.journal.emit(park ? 'park' : 'unpark', { ...(park ?? { scope, reason }) });
      if (park?.reason === 'limit') ctx.providers.passTrialsOn();
    },
    tellsAnew: () => outside.changed('parked-for-another'),
    until,
  });
}

function tellState(ctx: RunContext, change: StateChange): void {
  ctx.limits.hold(change.to === 'paused' || change.to === 'parked');
  ctx.journal.emit('run_state', { ...change });
  showDetails(ctx);
  if (change.from !== change.to && !outside.playing && isSearchable()) upsertSearchAttributes([{ key: status, value: change.to }]);
}
