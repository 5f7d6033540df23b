import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashInputs } from '../../activities/inputs/hash-inputs.ts';
import type { RecordedInputs } from '../../temporal/run/kept-inputs.ts';

/** The files that nodes of a run have gone by, as its journal tells it, in the order in which they started: an open run goes on with these hashes, whatever the files hold now. */
export function recordedInputs(runDir: string): RecordedInputs[] {
  const path = join(runDir, 'events.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // Few runs have such nodes.
  if (!text.includes('"inputs":{"sha256":')) return [];
  // A node hashes once, and tells it with each of its attempts.
  const found = new Map<string, RecordedInputs>();
  for (const line of text.split('\n').filter((one) => one.includes('"inputs":{"sha256":'))) {
    const { raw } = readRecord(line);
    if (!raw?.inputs || !raw.config?.inputs || !['agent_start', 'agent_skip'].includes(raw.type) || found.has(raw.key)) continue;
    const node = { label: raw.label, phase: raw.phase ?? '', prompt: raw.promptPreview ?? '' };
    found.set(raw.key, { node, patterns: raw.config.inputs, hashed: { ok: true, ...raw.inputs } });
  }
  return [...found.values()];
}

/** Patterns of recorded nodes whose files hold something else now. */
export async function changedInputs(root: string, recorded: readonly RecordedInputs[]): Promise<string[]> {
  const hashes = new Map<string, { patterns: readonly string[]; kept: Set<string> }>();
  for (const { patterns, hashed } of recorded) {
    const name = JSON.stringify(patterns);
    const one = hashes.get(name) ?? { patterns, kept: new Set() };
    hashes.set(name, one);
    one.kept.add(hashed.sha256);
  }
  const changed = new Set<string>();
  for (const { patterns, kept } of hashes.values()) {
    const now = await hashInputs({ root, patterns });
    // Two nodes may have gone by the same files before and after an edit: then one of them did not see what stands there.
    if (!now.ok || kept.size > 1 || !kept.has(now.sha256)) for (const pattern of patterns) changed.add(pattern);
  }
  return [...changed];
}

interface Started {
  raw?: {
    type: string;
    key: string;
    label: string;
    phase?: string;
    promptPreview?: string;
    inputs?: { sha256: string; files: number; bytes: number };
    config?: { inputs?: string[] };
  };
}

function readRecord(line: string): Started {
  try {
    return JSON.parse(line) as Started;
  } catch {
    return {};
  }
}
