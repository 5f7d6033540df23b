import { isAbsolute, resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import type { LoadedWorkflow, PreparedSchema, WorkspaceFacts } from '../../workflows/activities.ts';
import type { Json } from '../../schemas/json.ts';
import type { Dialect } from '../../schemas/script.ts';
import { validatorFor } from '../../activities/run-node/validator.ts';
import { isDirty } from '../../activities/worktree/dirty.ts';
import { pruneWorktrees } from '../../activities/worktree/prune.ts';
import { isReplaced } from '../../system/replaced.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { compileScript } from '../../src/script/compile.ts';
import { findWorkflowFile } from './workflow-files.ts';

/** Loads a schema file, or takes an inline schema, and checks that it can be compiled (SCH-01, SCH-02). */
export async function prepareSchema({ root, schema }: { root: string; schema: Json }): Promise<PreparedSchema> {
  let json = schema;
  if (typeof schema === 'string') {
    const path = isAbsolute(schema) ? schema : resolve(root, schema);
    try {
      json = JSON.parse(await readFile(path, 'utf8')) as Json;
    } catch (error) {
      return { ok: false, message: `cannot load schema file ${schema}: ${(error as Error).message}` };
    }
  }
  if (typeof json !== 'boolean' && (typeof json !== 'object' || json === null || Array.isArray(json))) {
    return {
      ok: false,
      message: `schema must be a JSON Schema object, a boolean or a file path, got ${Array.isArray(json) ? 'an array' : json === null ? 'null' : typeof json}`,
    };
  }
  // The nodes of this worker judge replies with the same one: a schema of a megabyte takes seconds.
  const compiled = validatorFor(json);
  return compiled.ok ? { ok: true, json } : { ok: false, message: compiled.message };
}

/** Looks at the repository once per run and tidies registrations of vanished worktrees (WT-02, WT-12). */
export async function prepareWorkspace({ root }: { root: string }): Promise<WorkspaceFacts> {
  try {
    const dirty = await isDirty(root);
    await pruneWorktrees(root);
    return { isGit: true, dirty };
  } catch (error) {
    if (isOdwError(error) && error.slug === 'worktree-not-git') return { isGit: false, dirty: false };
    throw error;
  }
}

/** Finds, reads and compiles the script of a `workflow()` call (SUB-01, SUB-02, SUB-08). */
export async function loadWorkflow({ root, ref, callersDialect }: { root: string; ref: string; callersDialect?: Dialect }): Promise<LoadedWorkflow> {
  const found = findWorkflowFile(root, ref);
  if (!found.path) return { ok: false, message: `workflow "${ref}" not found (looked in: ${found.looked.join(', ')})` };
  try {
    return { ok: true, script: await compileScript({ path: found.path, source: await readFile(found.path, 'utf8'), callersDialect }) };
  } catch (error) {
    if (isReplaced(error)) throw error;
    return { ok: false, message: (error as Error).message };
  }
}
