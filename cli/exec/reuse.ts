import { constants } from 'node:buffer';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import * as z from 'zod';
import { json } from '../../schemas/json.ts';
import { usage } from '../../schemas/limits.ts';
import { restartedWith } from '../../schemas/node.ts';
import { OdwError } from '../../src/errors/error.ts';
import { stateParts } from '../../src/journal/state-text.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { isBlobTrouble } from '../../temporal/blobs/blob-trouble.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { isReplayFailure } from '../../temporal/run/fits.ts';
import { readKeptNodes, type LostNode } from '../../temporal/run/kept-results.ts';
import { findHistory, rebuildState } from '../../temporal/run/rebuild.ts';
import type { Earlier } from './earlier.ts';
import { withKept, withLeft } from './left-results.ts';
import { readWrittenState } from './written-state.ts';

const amount = z.number().optional().catch(undefined);
const text = z.string().optional().catch(undefined);
// state.json as far as a resume needs it; an older tool wrote other fields beside these, and other fingerprints.
const storedState = z.object({
  agents: z
    .record(
      z.string(),
      z.object({
        fingerprint: z.string().catch(''),
        result: json.catch(null),
        tokens: z.number().nullable().catch(null),
        label: z.string().catch(''),
        phase: text,
        index: amount,
        parts: text,
        restartedWith: restartedWith.optional().catch(undefined),
      }),
    )
    .catch({}),
  activeAgents: z.record(z.string(), z.object({ label: z.string().catch(''), phase: z.string().catch(''), index: amount })).catch({}),
  unfinishedAgents: z.record(z.string(), z.object({ label: z.string().catch(''), phase: z.string().catch(''), index: amount })).catch({}),
  failedAgents: z.record(z.string(), z.object({ label: z.string().catch(''), phase: z.string().catch(''), index: amount })).catch({}),
  checkpoints: z.record(z.string(), z.object({ value: json.catch(null) })).catch({}),
  usage: usage.optional().catch(undefined),
  budget: z.object({ spent: z.number().catch(0), approx: z.boolean().catch(false) }).catch({ spent: 0, approx: false }),
});
type StoredState = z.infer<typeof storedState>;

/**
 * What a new run takes over from a closed one (RES-04, RES-08): from its history, else from state.json. A state.json that is known to say what
 * the history says is read in its place: playing a thousand nodes again takes seconds, and with large results a gigabyte.
 *
 * @param rebuild write state.json anew from history, instead of refusing one that cannot be parsed (RES-09)
 * @throws OdwError `state-corrupt`; `run-no-history` when there is nothing to rebuild from; `resume-no-results` when nothing is left (RES-10)
 */
export async function readReuse(client: Client, run: { runId: string; runDir: string }, rebuild: boolean): Promise<Earlier> {
  const path = join(run.runDir, 'state.json');
  const written = rebuild ? undefined : await readWrittenState(client, run);
  if (written !== undefined) return withLeft(earlierOf(parseState(path, () => written)), run.runDir, { journal: false });
  if (!rebuild) checkState(path);
  const history = await findHistory(client, run.runId, run.runDir);
  if (history) {
    const state = await rebuildState(history, run.runId, blobDataConverter()).catch((error: unknown) => {
      if (!isReplayFailure(error) && !isBlobTrouble(error)) throw error;
      return undefined;
    });
    if (!state) return readUnplayed(client, run, history);
    if (rebuild) writeFileAtomic(path, stateParts(state, new WeakMap()), { sync: true });
    return withLeft(earlierOf(storedState.parse(state)), run.runDir, { journal: false });
  }
  if (rebuild) throw new OdwError('run-no-history', `no history of run ${run.runId} is left to write ${path} from`);
  if (existsSync(path)) return withLeft(earlierOf(readState(path)), run.runDir, { journal: true });
  throw new OdwError('resume-no-results', `run ${run.runId} has neither a history nor a state.json: nothing is left to resume from`);
}

// This version's workflow code does not fit the run, or a blob of it cannot be read: results stand in its history, the rest in state.json. What
// neither tells any more may stand in the nodes' folders and the journal.
async function readUnplayed(client: Client, run: { runId: string; runDir: string }, history: History): Promise<Earlier> {
  const path = join(run.runDir, 'state.json');
  const lost: LostNode[] = [];
  const kept = await readKeptNodes(client, run.runId, history, (node) => lost.push(node));
  const stored = existsSync(path) ? earlierOf(readState(path)) : { reuse: { nodes: {}, checkpoints: {}, spent: 0, approx: true }, failed: [], active: [] };
  const found = withKept(stored, kept, run.runDir);
  return { ...found, notes: lostLines(run.runId, lost, found) };
}

// What a node was asked may be told by state.json, by its folder or by the journal all the same.
function lostLines(runId: string, lost: readonly LostNode[], { reuse, failed }: Earlier): string[] {
  const known = [...Object.values(reuse.nodes).map(({ fingerprint }) => fingerprint), ...failed.map(({ key }) => key)];
  const unknown = lost.filter(({ prefix }) => !known.some((text) => text.includes(prefix)));
  const blobs = [...new Set(unknown.map(({ blob }) => blob))];
  return blobs.map(
    (blob) =>
      `blob ${blob} is missing or damaged: it holds what a node of run ${runId} was asked, so nobody knows whose its answer is; the node runs again when the script asks for it`,
  );
}

/**
 * RES-09: a state.json that cannot be parsed stops a resume, also when nobody needs it.
 *
 * @throws OdwError `state-corrupt`
 */
export function checkState(path: string): void {
  // One that is too long for a string was written whole; it is the history that is read.
  if (existsSync(path) && statSync(path).size <= constants.MAX_STRING_LENGTH) readState(path);
}

function readState(path: string): StoredState {
  return parseState(path, () => readFileSync(path, 'utf8'));
}

function parseState(path: string, read: () => string): StoredState {
  try {
    return storedState.parse(JSON.parse(read()));
  } catch (cause) {
    throw new OdwError('state-corrupt', `${path} is corrupt and cannot be parsed`, { cause });
  }
}

// KEY-07: only entries whose fingerprint is a SHA-256 say what they answer.
function earlierOf(state: StoredState): Earlier {
  const entries = Object.entries(state.agents);
  const sound = entries.filter(([, node]) => /^[0-9a-f]{64}$/.test(node.fingerprint));
  const ignored = entries.length - sound.length;
  const open = (nodes: StoredState['failedAgents']) => Object.entries(nodes).map(([key, node]) => ({ key, ...node }));
  return {
    reuse: {
      nodes: Object.fromEntries(sound.map(([key, { result, ...node }]) => [key, { ...node, value: result }])),
      checkpoints: Object.fromEntries(Object.entries(state.checkpoints).map(([name, { value }]) => [name, value])),
      spent: state.budget.spent,
      approx: state.budget.approx,
      ...(state.usage ? { usage: state.usage } : {}),
      ...(ignored > 0 ? { ignored } : {}),
    },
    failed: open(state.failedAgents),
    active: open({ ...state.unfinishedAgents, ...state.activeAgents }),
  };
}
