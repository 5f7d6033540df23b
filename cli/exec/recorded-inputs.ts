import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashInputs } from '../../activities/inputs/hash-inputs.ts';
import type { HashedInputs } from '../../schemas/inputs.ts';

/** What nodes of a run named with `inputs`, as JSON, and the last hash of each. */
export type RecordedInputs = Map<string, HashedInputs & { ok: true }>;

/** The files that nodes of a run have gone by, as its journal tells it: an open run goes on with these hashes, whatever the files hold now. */
export function recordedInputs(runDir: string): RecordedInputs {
  const found: RecordedInputs = new Map();
  const path = join(runDir, 'events.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // Few runs have such nodes.
  if (!text.includes('"inputs":{"sha256":')) return found;
  for (const line of text.split('\n').filter((one) => one.includes('"inputs":{"sha256":'))) {
    const { raw } = readRecord(line);
    if (raw?.inputs && raw.config?.inputs) found.set(JSON.stringify(raw.config.inputs), { ok: true, ...raw.inputs });
  }
  return found;
}

/** Patterns of recorded nodes whose files hold something else now. */
export async function changedInputs(root: string, recorded: RecordedInputs): Promise<string[]> {
  const changed = new Set<string>();
  for (const [name, { sha256 }] of recorded) {
    const patterns = JSON.parse(name) as string[];
    const now = await hashInputs({ root, patterns });
    if (!now.ok || now.sha256 !== sha256) for (const pattern of patterns) changed.add(pattern);
  }
  return [...changed];
}

interface Started {
  raw?: { inputs?: { sha256: string; files: number; bytes: number }; config?: { inputs?: string[] } };
}

function readRecord(line: string): Started {
  try {
    return JSON.parse(line) as Started;
  } catch {
    return {};
  }
}
