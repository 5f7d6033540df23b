import type { Json } from '../../schemas/json.ts';
import { copyJson } from '../journal.ts';
import { runAgent } from '../node/agent.ts';
import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';
import { currentScope, type ScriptFrame } from '../scope.ts';
import { makeCheckpoint } from './checkpoint.ts';
import { runChild, type RunFrame } from './child.ts';
import { logText } from './log.ts';
import { fanout, parallel } from './parallel.ts';
import { pipeline } from './pipeline.ts';
import { promptSlot } from './prompt-slot.ts';
import { tellFigures } from '../search.ts';

type Options = Record<string, unknown>;

/** Called when a timer callback of the script throws: nobody else would hear of it. */
export type Fatal = (error: unknown) => void;

/** The names that a script sees beside the language's own (section 2.3). All functions copy what they hand out. */
export function dialectGlobals(ctx: RunContext, frame: ScriptFrame, runFrame: RunFrame, fatal: Fatal): Record<string, unknown> {
  const agent = (prompt: unknown, options: unknown = {}) => held(runAgent(ctx, currentScope(), prompt, options));
  const log = (...args: unknown[]) => ctx.journal.emit('log', { message: logText(args) });
  const inputValue = frame.args === undefined ? undefined : copyJson(frame.args);
  return {
    args: inputValue,
    input: inputValue,
    agent,
    parallel: (nodes: unknown, options?: Options) => held(parallel(ctx, nodes, options ?? {})),
    fanout: (items: unknown, mapper: unknown, options?: Options) => held(fanout(ctx, items, mapper, options ?? {})),
    pipeline: (items: unknown, ...stages: unknown[]) => held(pipeline(ctx, items, stages)),
    workflow: (ref: unknown, childArgs?: unknown) => held(runChild(ctx, runFrame, ref, childArgs)),
    phase: (title: unknown, detail: unknown = '') => {
      currentScope().phase = String(title);
      ctx.journal.emit('phase', { title: String(title), detail: String(detail) });
      tellFigures(ctx, String(title));
    },
    log,
    console: Object.freeze({ log, info: log, debug: log, warn: log, table: log, error: (...args: unknown[]) => ctx.journal.stderr(logText(args)) }),
    checkpoint: makeCheckpoint(ctx),
    promptSlot: (name: unknown, context?: unknown, suggested?: unknown) => promptSlot(ctx, name, context, suggested),
    budget: makeBudget(ctx),
    odw: Object.freeze({
      backend: ctx.input.options.backend,
      runId: ctx.input.runId,
      runDir: ctx.input.runDir,
      statePath: `${ctx.input.runDir}/state.json`,
      resumeFrom: ctx.input.resumeFrom,
      failures: () => copyJson(ctx.failures),
    }),
    pandacode: makePandacode(agent),
    ...makeTimers(fatal),
  };
}

// A promise that the script does not await must not stall the run when it rejects; the script still sees the rejection.
function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

// BUD-01.
function makeBudget(ctx: RunContext): object {
  return Object.freeze({
    get total() {
      return ctx.budget.total;
    },
    get approx() {
      return ctx.budget.approx;
    },
    spent: () => ctx.budget.spent,
    remaining: () => ctx.budget.remaining(),
  });
}

// CTX-05.
function makePandacode(agent: (prompt: unknown, options: unknown) => Promise<Json>): object {
  const on =
    (runtime: string) =>
    (prompt: unknown, options: Options = {}) =>
      agent(prompt, { ...options, runtime, backendRuntime: runtime });
  return Object.freeze({
    exec: (runtime: unknown, prompt: unknown, options: Options = {}) => on(String(runtime))(prompt, options),
    claude: on('claude'),
    codex: on('codex'),
    bamboo: on('bamboo'),
  });
}

// Timers of the run are durable (DET-07).
function makeTimers(fatal: Fatal): Record<string, unknown> {
  const timers = new Map<unknown, () => void>();
  let last = 0;
  return {
    setTimeout: (callback: unknown, ms: unknown = 0, ...args: unknown[]) => {
      if (typeof callback !== 'function') throw new TypeError('setTimeout(callback, ms) requires a function');
      const id = ++last;
      const run = () => {
        timers.delete(id);
        try {
          const result: unknown = (callback as (...a: unknown[]) => unknown)(...args);
          if (result instanceof Promise) result.catch(fatal);
        } catch (error) {
          fatal(error);
        }
      };
      const { done, cancel } = outside.timer(Math.max(1, Number(ms) || 0));
      timers.set(id, cancel);
      // A timer that is cancelled with the run calls nobody.
      done.then(run, () => {});
      return id;
    },
    clearTimeout: (id: unknown) => {
      timers.get(id)?.();
      timers.delete(id);
    },
  };
}
