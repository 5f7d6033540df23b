// A host of one node in a process of its own, for tests that kill it. Argument: a file with the settings below.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import type { NodeRequest } from '../../schemas/node.ts';

export interface HostSettings {
  request: NodeRequest;
  activityId: string;
  bin: string;
  /** Where the outcome is written. */
  result: string;
}

const settings = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as HostSettings;
const outcome = await runNode(settings.request, {
  activityId: settings.activityId,
  executor: resolveExecutor(process.env, { pandacodeBin: settings.bin }),
  heartbeat: () => {},
  cancelled: new AbortController().signal,
  cancelReason: () => 'leave',
});
writeFileSync(settings.result, JSON.stringify(outcome));
