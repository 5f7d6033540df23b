import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OdwError } from '../../src/errors/error.ts';
import { replaced } from '../../system/replaced.ts';

/** Path of the workflow bundle, made at package build time. Looks upward, since built files lie at different depths. Tests name another one. */
export function workflowBundlePath(): string {
  const named = process.env['ODW_TEST_WORKFLOW_BUNDLE'];
  if (named) return named;
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    for (const candidate of [join(folder, 'workflow-bundle.js'), join(folder, 'dist', 'workflow-bundle.js')]) if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder))
      throw new OdwError('bundle-missing', 'the workflow bundle dist/workflow-bundle.js is missing; expected it beside the odw command');
  }
}

/** Bundles that workers of this process play runs by, and which file each was. */
const inUse = new Map<string, string>();

/**
 * The same for a worker: one process plays all of its runs by one bundle.
 *
 * @throws OdwError `odw-replaced` when the bundle is another by now, or gone
 */
export function ownWorkflowBundlePath(): string {
  const path = stillThere();
  const { ino, mtimeMs, size } = statSync(path);
  const file = `${ino} ${mtimeMs} ${size}`;
  if ((inUse.get(path) ?? file) !== file) throw replaced('its workflow bundle is another by now');
  inUse.set(path, file);
  return path;
}

function stillThere(): string {
  try {
    return workflowBundlePath();
  } catch (error) {
    throw inUse.size > 0 ? replaced((error as Error).message) : error;
  }
}

/** How the build id ends under which a worker with this workflow code signs what it does in a history. */
export function workflowBundleSign(): string {
  return `+${createHash('sha256').update(readFileSync(workflowBundlePath(), 'utf8')).digest('hex')}`;
}
