import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeRequest, type NodeRequest } from '../../schemas/node.ts';
import { inspectNode } from '../executor/inspect.ts';
import { nodeFilesIn, stepFiles, type NodeFiles } from '../executor/node-files.ts';
import type { NodeHost } from './host.ts';
import { runNode } from './run-node.ts';
import { readSteps, stepDir } from './steps.ts';

/** A node of a run folder that an executor worked on: what it was asked, and its files. */
export interface LeftNode {
  request: NodeRequest;
  files: NodeFiles;
}

/**
 * Takes the results of executors that ended while nobody hosted their run: judges them, captures their worktrees, writes their outcomes.
 * Starts nothing, and leaves alone what still runs. Comes before anything clears the run away (RES-13).
 *
 * @returns how many were taken
 */
export async function finishLeft(runDir: string): Promise<number> {
  let taken = 0;
  for (const { request, files } of leftNodes(runDir)) {
    if (existsSync(files.outcome) || !hasEnded(files)) continue;
    // What cannot be taken now stays as it is: the run is cleared away as before.
    await runNode(request, leavingHost(files)).then(
      () => taken++,
      () => {},
    );
  }
  return taken;
}

/** The nodes of a run folder that have files and say what they were asked. */
export function leftNodes(runDir: string): LeftNode[] {
  const folder = join(runDir, 'nodes');
  return (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
    const files = nodeFilesIn(join(folder, name));
    const request = readRequest(files.dispatch);
    return request ? [{ request: { ...request, runDir }, files }] : [];
  });
}

function readRequest(path: string): NodeRequest | undefined {
  try {
    const { service: _noPlaceNeeded, ...request } = nodeRequest.parse(
      (JSON.parse(readFileSync(path, 'utf8')) as { request?: unknown }).request,
    ) as NodeRequest & {
      service?: unknown;
    };
    return request;
  } catch {
    return undefined;
  }
}

function hasEnded(files: NodeFiles): boolean {
  const step = readSteps(files.dir).at(-1);
  if (!step) return false;
  const dir = stepDir(files.dir, step.number);
  const status = inspectNode(dir);
  return typeof status === 'object' && 'finished' in status && !existsSync(stepFiles(dir).interrupted);
}

// A host that has left already: it takes what is finished, and starts nothing.
function leavingHost(files: NodeFiles): NodeHost {
  return {
    activityId: readName(files),
    executor: { pandacodeBin: '', command: [], features: new Set(), env: process.env },
    heartbeat: () => {},
    cancelled: AbortSignal.abort(),
    cancelReason: () => 'leave',
  };
}

function readName({ dir }: NodeFiles): string {
  return dir.replace(/^.*[/\\]/, '');
}
