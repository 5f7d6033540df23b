import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import * as z from 'zod';
import { isNotFound } from '../../temporal/run/not-found.ts';

// run.json as far as this goes; an older odw wrote no sign.
const signed = z.object({ finished_ms: z.number(), state_sha256: z.string() });

/**
 * The text of a run's state.json when it is, byte for byte, the one that odw wrote from the whole history when the run had closed, and the
 * server knows no later end of the run. Undefined: nobody knows whether it says what the history says.
 */
export async function readWrittenState(client: Client, { runId, runDir }: { runId: string; runDir: string }): Promise<string | undefined> {
  const bytes = await Promise.all(['run.json', 'state.json'].map((name) => readFile(join(runDir, name)))).catch(() => undefined);
  const sign = bytes && readSign(bytes[0]!);
  if (!sign || createHash('sha256').update(bytes[1]!).digest('hex') !== sign.state_sha256) return undefined;
  return (await endsAt(client, runId, sign.finished_ms)) ? textOf(bytes[1]!) : undefined;
}

// A string has 512 MiB at most.
function textOf(bytes: Buffer): string | undefined {
  try {
    return bytes.toString('utf8');
  } catch {
    return undefined;
  }
}

function readSign(bytes: Buffer): z.infer<typeof signed> | undefined {
  try {
    return signed.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}

// Somebody may have reset the run on the server, and it went on from there. A server that does not know it tells no other story.
async function endsAt(client: Client, runId: string, finishedMs: number): Promise<boolean> {
  try {
    const { closeTime } = await client.workflow.getHandle(runId).describe();
    return closeTime !== undefined && Math.abs(closeTime.getTime() - finishedMs) <= 1;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}
