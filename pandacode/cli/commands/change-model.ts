import { usageError } from '../../errors/raise.ts';
import { efforts } from '../../runtimes/runtime.ts';
import { saveRecord } from '../../state/session-record.ts';
import type { SessionTarget } from '../session-target.ts';

export interface ModelFlags {
  model?: string;
  set?: string;
  effort?: string;
}

/** Changes the model or effort that the next turn of a session uses; what is not given stays. */
export function changeModel({ runtime, session, stateDir, record }: SessionTarget, flags: ModelFlags): Record<string, unknown> {
  if (flags.effort !== undefined && !(efforts as readonly string[]).includes(flags.effort))
    throw usageError(`--effort must be one of ${efforts.join(', ')}; got ${JSON.stringify(flags.effort)}`);
  record.model = flags.model ?? flags.set ?? record.model;
  record.effort = flags.effort ?? record.effort;
  saveRecord(stateDir, record);
  return { ok: true, state: record.state, runtime: runtime.name, action: 'model', session, model: record.model, effort: record.effort, record };
}
