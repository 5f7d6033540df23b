import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { workflowBundlePath } from '../../temporal/worker/bundle.ts';

/** The environment of another version of odw: its activity ids have another form, so histories of the one do not fit the other. */
export function otherVersion(dir: string): { ODW_TEST_WORKFLOW_BUNDLE: string } {
  const text = readFileSync(workflowBundlePath(), 'utf8');
  const changed = text.replace(/fingerprint\.slice\(0,\s*16\)/, 'fingerprint.slice(0, 15)');
  expect(changed).not.toBe(text);
  const path = join(dir, 'other-bundle.js');
  writeFileSync(path, changed);
  return { ODW_TEST_WORKFLOW_BUNDLE: path };
}
