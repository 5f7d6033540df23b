import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { NodeRequest } from '../../schemas/node.ts';
import { cutCodePoints } from '../../src/text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import type { NodeFiles } from '../executor/node-files.ts';
import { sessionCount, type SessionCount } from './rounds.ts';
import { planOnce } from './steps.ts';

/** What is decided once for a dispatch, whichever host takes it up. */
export interface Dispatch {
  /** Absolute path of the prompt file. */
  promptFile: string;
  createdMs: number;
  /** What was asked, without the prompt: enough to judge what the executor leaves, also when the server that knew it is gone. */
  request?: NodeRequest;
  /** What the executor's session had counted before, where it counts over the whole conversation. */
  counted?: SessionCount;
}

/** Writes the prompt file of a dispatch, once (EXEC-08), and the schema file of a node with a schema. */
export function openDispatch(request: NodeRequest, files: NodeFiles, prompt: string): Dispatch {
  const dispatch = planOnce(files.dispatch, newDispatch(request, files));
  if (!existsSync(dispatch.promptFile)) writeFileAtomic(dispatch.promptFile, prompt);
  if (request.schema && !existsSync(files.schema)) writeFileAtomic(files.schema, JSON.stringify(request.schema.json, null, 2));
  return dispatch;
}

/** Writes the task of a step that goes on in the executor's own session (EXEC-13). */
export function writeContinuation(files: NodeFiles, prompt: string): string {
  writeFileAtomic(
    files.continuation,
    `You were interrupted while you worked on this task; the interruption was not your doing. Look at what is already done, do not repeat it, and finish the task. It is unchanged:\n\n${prompt}`,
  );
  return files.continuation;
}

function newDispatch(request: NodeRequest, files: NodeFiles): Dispatch {
  const createdMs = Date.now();
  const unique = createHash('sha256').update(basename(files.dir)).digest('hex').slice(0, 10);
  // At most 200 bytes: file systems count bytes, and only ASCII is left by now.
  const label = cutCodePoints(`${request.runtime}-${request.label}`.replace(/[^A-Za-z0-9_.-]+/g, '-'), 120);
  const counted = sessionCount(request);
  return {
    promptFile: join(request.runDir, `${label}-${createdMs}-${unique}.prompt.md`),
    createdMs,
    request: { ...request, prompt: '' },
    ...(counted ? { counted } : {}),
  };
}
