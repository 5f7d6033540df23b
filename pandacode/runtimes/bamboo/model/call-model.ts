import { failure } from '../../../errors/failure.ts';
import type { TurnContext } from '../../runtime.ts';
import type { ChatModel, ChatReply, ChatRequest } from './chat-model.ts';
import { connectionError, ModelError } from './model-error.ts';

export interface CallLimits {
  /** Longest silence of one attempt, in milliseconds. */
  silenceMs: number;
  /** Epoch milliseconds of the overall limit; null = none. */
  deadlineMs: number | null;
  /** First wait before a retry; doubles up to `longestDelayMs`. */
  firstDelayMs?: number;
}

const attempts = 4;
const longestDelayMs = 30_000;
/** A vendor that asks for a longer wait gets the run failed at once, so that its owner can plan. */
const longestAskedMs = 120_000;

/** One model call with retries. Rejects with a `ModelError` after the last one, or with the reason of `control` when the run is ended. */
export async function callModel(
  model: ChatModel,
  request: Omit<ChatRequest, 'signal' | 'onActivity'>,
  limits: CallLimits,
  context: Pick<TurnContext, 'control' | 'events' | 'watchdog'>,
): Promise<ChatReply> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptCall(model, request, limits, context);
    } catch (error) {
      throwIfEnded(context);
      const problem = error instanceof ModelError ? error : new ModelError(failure('internal', (error as Error).message), { isTransient: false });
      const wait = waitBefore(attempt, problem, limits);
      if (wait === undefined) throw problem;
      context.events.emit('model.retrying', { attempt, wait_ms: wait, category: problem.failure.category, message: problem.message });
      await pause(wait, context);
      throwIfEnded(context);
    }
  }
}

function throwIfEnded({ control }: Pick<TurnContext, 'control'>): void {
  if (control.reason) throw new ModelError(control.reason.failure, { isTransient: false });
}

/** Milliseconds until the next attempt; undefined when there is none. */
export function waitBefore(attempt: number, problem: ModelError, limits: CallLimits, nowMs = Date.now(), random = Math.random()): number | undefined {
  if (!problem.isTransient || attempt >= attempts) return undefined;
  const asked = problem.failure.retry_after_ms;
  if (asked !== undefined && asked > longestAskedMs) return undefined;
  const backoff = Math.min(longestDelayMs, (limits.firstDelayMs ?? 1000) * 2 ** (attempt - 1)) * (0.75 + random / 2);
  const wait = Math.round(asked ?? backoff);
  return limits.deadlineMs !== null && nowMs + wait >= limits.deadlineMs ? undefined : wait;
}

async function attemptCall(
  model: ChatModel,
  request: Omit<ChatRequest, 'signal' | 'onActivity'>,
  limits: CallLimits,
  context: Pick<TurnContext, 'control' | 'watchdog'>,
): Promise<ChatReply> {
  const abort = new AbortController();
  const stop = () => abort.abort(new ModelError(context.control.reason?.failure ?? failure('cancelled', 'the run was ended'), { isTransient: false }));
  const silent = () => abort.abort(connectionError(`the model said nothing for ${limits.silenceMs} ms`));
  if (context.control.stopped.aborted) stop();
  context.control.stopped.addEventListener('abort', stop, { once: true });
  let timer = setTimeout(silent, limits.silenceMs);
  try {
    return await Promise.race([
      model.call({
        ...request,
        signal: abort.signal,
        onActivity: (isPart) => {
          if (isPart) context.watchdog.touch();
          clearTimeout(timer);
          timer = setTimeout(silent, limits.silenceMs);
        },
      }),
      // A library that does not react to its signal must not hold the run.
      new Promise<never>((_, reject) => {
        const give = () => setTimeout(() => reject(abort.signal.reason as Error), 250).unref();
        if (abort.signal.aborted) give();
        else abort.signal.addEventListener('abort', give, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    context.control.stopped.removeEventListener('abort', stop);
  }
}

function pause(ms: number, { control }: Pick<TurnContext, 'control'>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      control.stopped.removeEventListener('abort', done);
      resolve();
    }
    if (control.stopped.aborted) done();
    else control.stopped.addEventListener('abort', done, { once: true });
  });
}
