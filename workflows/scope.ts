import type { CompiledScript, Dialect, ScriptMeta } from '../schemas/script.ts';
import type { Json } from '../schemas/json.ts';

/** The script that a scope belongs to: the run's own, or a child's (SUB-03, SUB-06, SUB-07). */
export interface ScriptFrame {
  script: CompiledScript;
  /** As read from the syntax tree, or as the script computed it (META-01). */
  meta: ScriptMeta;
  /** Undefined only in the dialect claude, where no input was given (DIAL-25). */
  args: Json | undefined;
  dialect: Dialect;
  /** 0 for the run's script, 1 for a child. */
  depth: number;
  /** Name of its frames in stack traces. */
  sourceUrl: string;
}

/** Where a call comes from: the script itself, an item of a group, or a child workflow (CTX-02). */
export interface Scope {
  phase: string;
  frame: ScriptFrame;
  /** Id of the enclosing group, and the place in it (EVT-05). */
  group?: string;
  item?: number;
  stage?: number;
}

interface ScopeStorage {
  run<T>(scope: Scope, fn: () => T): T;
  getStore(): Scope | undefined;
}

// The SDK puts the host's AsyncLocalStorage into the sandbox; scripts do not see it.
const storage = new (globalThis as unknown as { AsyncLocalStorage: new () => ScopeStorage }).AsyncLocalStorage();

export function runInScope<T>(scope: Scope, fn: () => T): T {
  return storage.run(scope, fn);
}

export function currentScope(): Scope {
  const scope = storage.getStore();
  if (!scope) throw new Error('called outside of a running workflow script');
  return scope;
}

/** The place of a scope as journal events carry it (EVT-05). */
export function placeOf(scope: Scope): { group?: string; item?: number; stage?: number } {
  return {
    ...(scope.group === undefined ? {} : { group: scope.group }),
    ...(scope.item === undefined ? {} : { item: scope.item }),
    ...(scope.stage === undefined ? {} : { stage: scope.stage }),
  };
}
