import { failure, failureOf, type Failure } from '../errors/failure.ts';
import type { Runtime, TurnContext, TurnRequest, TurnResult } from '../runtimes/runtime.ts';
import type { LoadedSchema } from '../schema/load-schema.ts';
import { repairPrompt, settle } from '../schema/settle.ts';
import { addCost, type Cost } from '../usage/cost.ts';
import { addUsage, type Usage } from '../usage/usage.ts';

export interface TurnsResult {
  failure?: Failure;
  /** The last turn. */
  turn: TurnResult;
  structured?: { value: unknown };
  rejected?: { value: unknown };
  usage: Usage | null;
  rawUsage: Record<string, unknown> | null;
  cost: Cost;
}

/** Runs the task, then, while the answer does not match the schema, up to `repairs` further turns of the same conversation. */
export async function runTurns(
  runtime: Runtime,
  first: TurnRequest,
  context: TurnContext,
  schema: LoadedSchema | undefined,
  repairs: number,
): Promise<TurnsResult> {
  const most = runtime.repairsItself ? 0 : repairs;
  let request = first;
  let turn = await runtime.runTurn(request, context);
  let { usage, cost, rawUsage } = turn;
  const done = (more: Omit<TurnsResult, 'turn' | 'usage' | 'rawUsage' | 'cost'>): TurnsResult => ({ turn, usage, rawUsage, cost, ...more });
  for (let repair = 0; ; repair++) {
    const capped = overCap(request, usage, cost);
    if (turn.failure && turn.failure.category !== 'schema_mismatch') return done({ failure: turn.failure });
    if (!schema) return done(turn.failure ? { failure: turn.failure } : {});
    const settled = settle(turn, schema);
    if (settled.kind === 'valid') return done({ structured: { value: settled.value } });
    if (settled.kind === 'feedback') {
      const { error, feedback } = settled.value;
      return done({
        failure: failure('blocked', error.message, { retryable: feedback.retryable, next_action: feedback.next_action, feedback }),
        rejected: { value: settled.value },
      });
    }
    const rejected = settled.value === undefined ? {} : { rejected: { value: settled.value } };
    context.events.emit('schema.invalid', { issues: settled.issues.slice(0, 20) });
    const stopped = context.control.reason?.failure ?? capped;
    if (stopped) return done({ failure: stopped, ...rejected });
    if (repair >= most || !turn.threadId || !request.options.persist) {
      const message = `the reply does not match the schema: ${settled.issues.slice(0, 5).join('; ')}`;
      return done({ failure: failure('schema_mismatch', message, { issues: settled.issues }), ...rejected });
    }
    context.events.emit('schema.repair', { number: repair + 1, of: most });
    request = { ...request, prompt: repairPrompt(settled.issues, schema), resumeThread: turn.threadId, baseline: turn.baseline };
    try {
      turn = await runtime.runTurn(request, context);
    } catch (error) {
      // What the turns before it used and said is not lost with it; what it used itself is not known.
      usage = sumOf(usage, null);
      return done({ failure: context.control.reason?.failure ?? failureOf(error), ...rejected });
    }
    usage = sumOf(usage, turn.usage);
    cost = addCost(cost, turn.cost);
    rawUsage = addRaw(rawUsage, turn.rawUsage);
  }
}

// Caps that a runtime cannot hold during a turn take effect before the next one.
function overCap(request: TurnRequest, usage: Usage | null, cost: Cost): Failure | undefined {
  const { maxTotalTokens, maxCost } = request.options;
  if (maxTotalTokens !== undefined && usage && usage.total > maxTotalTokens)
    return failure('budget', `the run used ${usage.total} tokens, more than the limit of ${maxTotalTokens}`);
  if (maxCost !== undefined && cost.currency === 'USD' && cost.amount !== null && cost.amount > maxCost)
    return failure('budget', `the run cost ${cost.amount} USD, more than the limit of ${maxCost}`);
  return undefined;
}

// A turn without figures makes the sum a lower bound.
function sumOf(a: Usage | null, b: Usage | null): Usage | null {
  const sum = addUsage(a, b);
  return a && b ? sum : sum && { ...sum, estimated: true };
}

function addRaw(a: Record<string, unknown> | null, b: Record<string, unknown> | null): Record<string, unknown> | null {
  if (!a || !b) return a ?? b;
  return Object.fromEntries(
    Object.keys({ ...a, ...b }).map((name) => {
      const [x, y] = [a[name], b[name]];
      if (typeof x === 'number' && typeof y === 'number') return [name, x + y];
      if (typeof x === 'object' && typeof y === 'object') return [name, addRaw(x as Record<string, unknown>, y as Record<string, unknown>)];
      return [name, x ?? y];
    }),
  );
}
