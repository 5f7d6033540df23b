import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OdwError } from '../../src/errors/error.ts';

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

/** How the build id ends under which a worker with this workflow code signs what it does in a history. */
export function workflowBundleSign(): string {
  return `+${createHash('sha256').update(readFileSync(workflowBundlePath(), 'utf8')).digest('hex')}`;
}
