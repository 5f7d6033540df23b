import { controlUpdate, type ControlAnswer, type ControlRequest } from '../../schemas/run-control.ts';
import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';

/** Takes the commands of `odw pause`, `odw unpause` and their like while the run is open. Each is answered at once; the same one twice changes nothing. */
export function acceptCommands(ctx: RunContext): void {
  outside.onUpdate(controlUpdate, (request: ControlRequest) => answer(ctx, request));
}

function answer(ctx: RunContext, request: ControlRequest): ControlAnswer {
  if (ctx.control.stopping) return refusal(ctx, 'RUN_STOPPING', 'the run is being stopped');
  switch (request.command) {
    case 'pause':
      return told(ctx, ctx.control.pause('asked'));
    case 'unpause':
      return told(ctx, ctx.control.unpause('asked'));
    default:
      return refusal(ctx, 'COMMAND_UNKNOWN', `the run does not know the command ${String((request as { command?: unknown }).command)}`);
  }
}

function told({ control }: RunContext, changed: boolean): ControlAnswer {
  const parked = [...control.parked.values()];
  return { ok: true, changed, state: control.state, ...(parked.length > 0 ? { parked } : {}) };
}

function refusal({ control }: RunContext, code: string, message: string): ControlAnswer {
  return { ok: false, changed: false, state: control.state, code, message };
}
