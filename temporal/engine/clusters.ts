import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../system/files.ts';
import { setupVersion, type SetupOutcome } from './namespace-setup.ts';

/** What is remembered of one external cluster, so that its set-up is tried once and not on every run. */
export interface KnownCluster extends SetupOutcome {
  setup: number;
  checkedMs: number;
}

const tryAgainMs = 24 * 3600 * 1000;

/** The remembered outcome for this address and namespace; undefined when it is to be tried (again): never done, done by an older odw, or failed a day ago. */
export function knownCluster(path: string, address: string, namespace: string, now = Date.now()): KnownCluster | undefined {
  const known = readClusters(path)[key(address, namespace)];
  if (!known || known.setup !== setupVersion) return undefined;
  return known.searchAttributes || now - known.checkedMs < tryAgainMs ? known : undefined;
}

export function rememberCluster(path: string, address: string, namespace: string, outcome: SetupOutcome, now = Date.now()): void {
  const clusters = { ...readClusters(path), [key(address, namespace)]: { ...outcome, setup: setupVersion, checkedMs: now } };
  try {
    writeFileAtomic(path, `${JSON.stringify(clusters, null, 2)}\n`);
  } catch {
    // Not remembered: the set-up is tried again at the next run.
  }
}

function readClusters(path: string): Record<string, KnownCluster> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, KnownCluster>;
  } catch {
    return {};
  }
}

function key(address: string, namespace: string): string {
  return `${address} ${namespace}`;
}
