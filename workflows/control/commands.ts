import { controlUpdate, wholeRun, type ControlAnswer, type ControlRequest, type LimitChanges } from '../../schemas/run-control.ts';
import type { LimitHit } from '../../src/limits/limit-book.ts';
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
    case 'unpause':
      return unpause(ctx);
    case 'limits':
      return changeLimits(ctx, request.scope, request.changes);
    case 'node':
      return steerNode(ctx, request);
    default:
      return refusal(ctx, 'COMMAND_UNKNOWN', `the run does not know the command ${String((request as { command?: unknown }).command)}`);
  }
}

// LIMIT-02. A limit that is still reached keeps its own scope parked, and nothing else: who logged in to a provider raises no limit of a phase.
function unpause(ctx: RunContext): ControlAnswer {
  const { control, limits } = ctx;
  const reached = limits.stillReached();
  const [hit] = reached.values();
  if (!hit) return told(ctx, control.unpause('asked'));
  const isAll = control.state !== 'paused' && control.state !== 'pausing' && reached.size === control.parked.size;
  if (!isAll && outside.changed('unpause-lifts-what-it-can')) return { ...told(ctx, control.unpause('asked', reached)), ...reachedOf(reached) };
  return refusal(ctx, hit.code, `${hit.message}: raise the limit first`);
}

// CTRL-07. What is parked stays so until it is unpaused.
function changeLimits(ctx: RunContext, name: string, changes: LimitChanges): ControlAnswer {
  const { agents } = changes;
  const most = ctx.input.options.maxAgents;
  if (agents != null && agents > most) return refusal(ctx, 'LIMIT_TOO_HIGH', `the run was started with --max-agents ${most}: ${agents} is more`);
  const { book } = ctx.limits;
  const found = name.startsWith('node:') ? limitedNode(ctx, name.slice('node:'.length)) : { scope: name };
  if ('ok' in found) return found;
  const { scope } = found;
  const changed = Object.keys(changes).length > 0;
  if (changed) applyLimits(ctx, scope, changes);
  const isParked = (one: string) => ctx.control.parked.get(one)?.reason === 'limit';
  const isShown = (one: string) => one === scope || isParked(one) || (!one.startsWith('node:') && Object.keys(book.limits(one)).length > 0);
  const shown = book.scopes.filter((one) => one !== wholeRun && isShown(one));
  const limits = [wholeRun, ...shown].map((one) => ({
    scope: one,
    ...nodeOf(ctx, one),
    limits: { ...book.limits(one), ...(one === wholeRun ? { concurrency: ctx.permits.size } : {}) },
    usage: ctx.limits.usageOf(one),
  }));
  return { ...told(ctx, changed), limits, ...reachedOf(ctx.limits.stillReached()) };
}

function reachedOf(hits: ReadonlyMap<string, LimitHit>): Pick<ControlAnswer, 'reached'> {
  const reached = [...hits.values()].map(({ scope, code, message }) => ({ scope, code, message }));
  return reached.length > 0 ? { reached } : {};
}

/** Sets limits, and tells of them in the journal. */
export function applyLimits(ctx: RunContext, scope: string, changes: LimitChanges): void {
  ctx.journal.emit('limits', { scope, changes });
  ctx.limits.change(scope, changes);
}

// A node is named by its key, by that under which it began, or by a label that only one of those has.
function limitedNode(ctx: RunContext, name: string): { scope: string } | ControlAnswer {
  const { book } = ctx.limits;
  if (book.has(nodeScope(name))) return { scope: nodeScope(name) };
  const nodes = book.scopes.filter((scope) => scope.startsWith(nodeScope('')));
  const named = nodes.filter((scope) => book.key(scope) === name);
  const found = named.length > 0 && outside.changed('node-by-new-key') ? named : nodes.filter((scope) => book.title(scope) === name);
  const [scope, ...more] = found;
  if (scope === undefined) return refusal(ctx, 'NODE_UNKNOWN', `no node that has limits of its own, and has not ended, has the key or label ${name}`);
  if (more.length === 0) return { scope };
  const keys = found.map((one) => nodeOf(ctx, one).key);
  return refusal(ctx, 'NODE_AMBIGUOUS', `${found.length} nodes with limits of their own have the label ${name}: name one by its key, ${keys.join(', ')}`);
}

// Who failed over to another provider has another key than its scope says.
function nodeOf({ limits: { book } }: RunContext, scope: string): { key?: string; label?: string } {
  if (!scope.startsWith(nodeScope(''))) return {};
  const label = book.title(scope);
  return { key: book.key(scope) ?? scope.slice(nodeScope('').length), ...(label === undefined ? {} : { label }) };
}
