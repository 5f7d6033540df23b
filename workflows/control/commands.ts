import { controlUpdate, wholeRun, type ControlAnswer, type ControlRequest, type LimitChanges } from '../../schemas/run-control.ts';
import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';
import { nodeScope } from './scopes.ts';
import { steerNode } from './steer-node.ts';
import { refusal, told } from './told.ts';

/** Takes the commands of `odw pause`, `odw unpause` and their like while the run is open. Each is answered at once; the same one twice changes nothing. */
export function acceptCommands(ctx: RunContext): void {
  outside.onUpdate(controlUpdate, (request: ControlRequest) => answer(ctx, request));
}

function answer(ctx: RunContext, request: ControlRequest): ControlAnswer {
  if (ctx.control.stopping) return refusal(ctx, 'RUN_STOPPING', 'the run is being stopped');
  switch (request.command) {
    case 'pause':
      return told(ctx, ctx.control.pause('asked'));
    case 'unpause': {
      const hit = ctx.limits.stillReached();
      return hit ? refusal(ctx, hit.code, `${hit.message}: raise the limit first`) : told(ctx, ctx.control.unpause('asked'));
    }
    case 'limits':
      return changeLimits(ctx, request.scope, request.changes);
    case 'node':
      return steerNode(ctx, request);
    default:
      return refusal(ctx, 'COMMAND_UNKNOWN', `the run does not know the command ${String((request as { command?: unknown }).command)}`);
  }
}

// CTRL-07. What is parked stays so until it is unpaused.
function changeLimits(ctx: RunContext, name: string, changes: LimitChanges): ControlAnswer {
  const { agents } = changes;
  const most = ctx.input.options.maxAgents;
  if (agents != null && agents > most) return refusal(ctx, 'LIMIT_TOO_HIGH', `the run was started with --max-agents ${most}: ${agents} is more`);
  const { book } = ctx.limits;
  const scope = name.startsWith('node:') ? limitedNode(ctx, name.slice('node:'.length)) : name;
  if (scope === undefined) return refusal(ctx, 'NODE_UNKNOWN', `no node that has limits of its own, and has not ended, has the key or label ${name.slice(5)}`);
  const changed = Object.keys(changes).length > 0;
  if (changed) applyLimits(ctx, scope, changes);
  const shown = book.scopes.filter((one) => one === scope || (!one.startsWith('node:') && Object.keys(book.limits(one)).length > 0));
  const limits = [wholeRun, ...shown.filter((one) => one !== wholeRun)].map((one) => ({
    scope: one,
    limits: { ...book.limits(one), ...(one === wholeRun ? { concurrency: ctx.permits.size } : {}) },
    usage: ctx.limits.usageOf(one),
  }));
  return { ...told(ctx, changed), limits };
}

/** Sets limits, and tells of them in the journal. */
export function applyLimits(ctx: RunContext, scope: string, changes: LimitChanges): void {
  ctx.journal.emit('limits', { scope, changes });
  ctx.limits.change(scope, changes);
}

// A node is named by its key, or by a label that only one of those has.
function limitedNode({ limits }: RunContext, name: string): string | undefined {
  const { book } = limits;
  if (book.has(nodeScope(name))) return nodeScope(name);
  const labelled = book.scopes.filter((scope) => scope.startsWith('node:') && book.title(scope) === name);
  return labelled.length === 1 ? labelled[0] : undefined;
}
