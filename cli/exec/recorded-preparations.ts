import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { canonicalJson } from '../../src/keys/canonical.ts';
import { isBlobTrouble } from '../../temporal/blobs/blob-trouble.ts';
import { loadAgentDefinition } from '../../temporal/worker/agent-definition.ts';
import { loadWorkflow, prepareSchema } from '../../temporal/worker/preparations.ts';
import { readKeptPreparations, type KeptPreparation } from '../../temporal/run/kept-preparations.ts';

/** The schemas, scripts of `workflow()` and agent definitions that an open run has read. Its history is asked only when its journal speaks of any. */
export async function recordedPreparations(client: Client, run: { runId: string; runDir: string }): Promise<KeptPreparation[]> {
  const path = join(run.runDir, 'events.jsonl');
  // Without a journal nobody knows.
  const isLikely = !existsSync(path) || /"type":"workflow_call_start"|"schema":"|"agentType":"/.test(readFileSync(path, 'utf8'));
  if (!isLikely) return [];
  return readKeptPreparations(client, run.runId).catch((error: unknown) => {
    // Whoever goes on with the run says which one it is.
    if (isBlobTrouble(error)) return [];
    throw error;
  });
}

/** Files among them that hold something else now, as the script names them. */
export async function changedPreparations(kept: readonly KeptPreparation[]): Promise<string[]> {
  const changed = new Set<string>();
  for (const { name, request, answer } of kept) {
    // What could not be read was told then; a script is looked for again.
    if (!(answer as { ok?: boolean }).ok) continue;
    const { shown, now } = lookAgain(name, request);
    if (shown !== undefined && canonicalJson(contentOf(await now())) !== canonicalJson(contentOf(answer))) changed.add(shown);
  }
  return [...changed];
}

function lookAgain(name: KeptPreparation['name'], request: unknown): { shown: string | undefined; now: () => Promise<unknown> } {
  if (name === 'prepareSchema') {
    const asked = request as Parameters<typeof prepareSchema>[0];
    return { shown: typeof asked.schema === 'string' ? `schema ${asked.schema}` : undefined, now: () => prepareSchema(asked) };
  }
  if (name === 'loadWorkflow') {
    const asked = request as Parameters<typeof loadWorkflow>[0];
    return { shown: `script ${asked.ref}`, now: () => loadWorkflow(asked) };
  }
  const asked = request as Parameters<typeof loadAgentDefinition>[0];
  return { shown: `agent type ${asked.type}`, now: () => loadAgentDefinition(asked) };
}

// A newer odw may compile the same script to another text.
function contentOf(answer: unknown): unknown {
  return (answer as { script?: { sha256: string } }).script?.sha256 ?? answer;
}
