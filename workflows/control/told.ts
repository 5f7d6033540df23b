import type { ControlAnswer } from '../../schemas/run-control.ts';
import type { RunContext } from '../run-context.ts';

export function told({ control }: RunContext, changed: boolean): ControlAnswer {
  const parked = [...control.parked.values()];
  return { ok: true, changed, state: control.state, ...(parked.length > 0 ? { parked } : {}) };
}

export function refusal({ control }: RunContext, code: string, message: string): ControlAnswer {
  return { ok: false, changed: false, state: control.state, code, message };
}
