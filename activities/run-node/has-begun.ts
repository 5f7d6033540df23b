import { nodeFiles } from '../executor/node-files.ts';
import { readSteps } from './steps.ts';

/** Whether a node of a run was begun by some host: an executor was planned for it. */
export function hasBegun(runDir: string, activityId: string): boolean {
  return readSteps(nodeFiles(runDir, activityId).dir).length > 0;
}
