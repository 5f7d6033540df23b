import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { workflowBundlePath } from './bundle.ts';

/** Under which the SDK, as it is bundled, looks for a thread that was started ahead (scripts/bundle-sdk.mjs). */
const place = Symbol.for('odw.workflow-thread');

/**
 * Starts the thread in which workflow code runs before the SDK asks for it: its 0.1 s then passes beside the loading of the SDK.
 * The thread keeps no process alive until the SDK takes it. Does nothing where the SDK runs from its own files, which is in tests of source.
 */
export function startWorkflowThread(): void {
  const path = join(dirname(workflowBundlePath()), 'workflow-thread.cjs');
  if (!existsSync(path)) return;
  const thread = new Worker(path);
  // Whoever takes it listens; until then a failure is only a thread that is not there.
  thread.on('error', () => {});
  thread.unref();
  let free: Worker | undefined = thread;
  thread.once('exit', () => (free = undefined));
  Object.assign(globalThis, {
    [place]: () => {
      const taken = free;
      free = undefined;
      taken?.ref();
      return taken;
    },
  });
}
