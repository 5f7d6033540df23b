import { bambooOptions, type BambooFlags } from '../bamboo-flags.ts';
import { usageError } from '../../errors/raise.ts';
import { efforts } from '../../runtimes/runtime.ts';
import { saveRecord } from '../../state/session-record.ts';
import type { SessionTarget } from '../session-target.ts';

export interface ModelFlags extends BambooFlags {
  model?: string;
  set?: string;
  effort?: string;
  provider?: string;
}

/** Changes the model or effort that the next turn of a session uses; what is not given stays. */
export function changeModel({ runtime, session, stateDir, record }: SessionTarget, flags: ModelFlags): Record<string, unknown> {
  if (flags.effort !== undefined && !(efforts as readonly string[]).includes(flags.effort))
    throw usageError(`--effort must be one of ${efforts.join(', ')}; got ${JSON.stringify(flags.effort)}`);
  record.model = flags.model ?? flags.set ?? record.model;
  record.effort = flags.effort ?? record.effort;
  if (runtime.name === 'bamboo') changeBamboo(record, flags);
  saveRecord(stateDir, record);
  return {
    ok: true,
    state: record.state,
    runtime: runtime.name,
    action: 'model',
    session,
    model: record.model,
    effort: record.effort,
    ...(record.provider ? { provider: record.provider } : {}),
    record,
  };
}

// A model belongs to its vendor: with another one, the vendor's default is used unless a model was named too.
function changeBamboo(record: SessionTarget['record'], flags: ModelFlags): void {
  if (flags.provider !== undefined && flags.provider !== record.provider) {
    record.provider = flags.provider;
    record.model = flags.model ?? flags.set ?? null;
    record.artifacts['provider_named'] = true;
  }
  if (flags.model ?? flags.set) delete record.artifacts['answered_model'];
  const given = bambooOptions(flags);
  if (Object.keys(given).length > 0) record.artifacts['generation'] = { ...(record.artifacts['generation'] as object | undefined), ...given };
}
