import type { Json } from '../../schemas/json.ts';
import type { Dialect } from '../../schemas/script.ts';
import { loadWorkflow, type LoadedWorkflow } from '../activities.ts';
import { copyJson } from '../journal.ts';
import type { RunContext } from '../run-context.ts';
import { currentScope, placeOf, runInScope, type ScriptFrame } from '../scope.ts';

/** Runs the script of a frame; supplied by the caller, since a child gets the whole dialect again. */
export type RunFrame = (frame: ScriptFrame) => Promise<unknown>;

/** workflow(nameOrRef, args): another script as part of this run (SUB-01 to SUB-08). */
export async function runChild(ctx: RunContext, runFrame: RunFrame, ref: unknown, childArgs?: unknown): Promise<unknown> {
  const scope = currentScope();
  if (scope.frame.depth > 0) throw new Error('nested workflow() is 1-level only; a sub-workflow may not call workflow()');
  const path = typeof ref === 'object' && ref !== null ? (ref as { scriptPath?: unknown }).scriptPath : ref;
  if (typeof path !== 'string' || path.trim() === '') throw new Error('workflow(nameOrRef) requires a workflow name or path');
  const number = ++ctx.children;
  const loaded = await load(ctx, path, scope.frame.dialect);
  if (!loaded.ok) throw new Error(loaded.message);
  const { script } = loaded;
  const id = ctx.nextGroupId();
  const fields = { id, name: script.meta.name, path: script.path, sha256: script.sha256, ...placeOf(scope) };
  ctx.journal.emit('workflow_call_start', fields);
  const dialect = script.dialect ?? 'odw';
  const args = childArgs === undefined && dialect === 'claude' ? undefined : copyJson((childArgs ?? (childArgs === null ? null : {})) as Json);
  const frame: ScriptFrame = { script, meta: script.meta, args, dialect, depth: 1, sourceUrl: `odw-child-${number}.js` };
  try {
    const result = await runInScope({ phase: scope.phase, frame, group: id }, () => runFrame(frame));
    ctx.journal.emit('workflow_call_done', { ...fields, ok: true });
    return result;
  } catch (error) {
    ctx.journal.emit('workflow_call_done', { ...fields, ok: false });
    throw error;
  }
}

// SUB-08: a child is read once per run, however often it is called. One that cannot be loaded is looked for again.
async function load(ctx: RunContext, ref: string, callersDialect: Dialect): Promise<LoadedWorkflow> {
  const reading = ctx.loadedChildren.get(ref) ?? loadWorkflow({ root: ctx.input.root, ref, callersDialect });
  ctx.loadedChildren.set(ref, reading);
  const loaded = await reading;
  if (!loaded.ok) ctx.loadedChildren.delete(ref);
  return loaded;
}
