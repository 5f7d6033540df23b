import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import type { NodeEvidence, NodeHost, CancelReason } from '../../activities/run-node/host.ts';
import type { NodeRequest } from '../../schemas/node.ts';

const here = dirname(fileURLToPath(import.meta.url));
const cleanups: (() => void)[] = [];
afterEach(() => {
  // What was started last ends first: a folder goes when nobody writes into it any more.
  for (const clean of cleanups.splice(0).reverse()) clean();
});

/** Absolute path of a fixture executor. */
export function fixture(name: string): string {
  return resolve(here, '../fixtures/executors', name);
}

/** A fresh folder, removed after the test. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'odw-node-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

/** Runs after the test, whatever its outcome. */
export function onCleanup(clean: () => void): void {
  cleanups.push(clean);
}

/** A node request in a project of its own. */
export function request(root: string, fields: Partial<NodeRequest> = {}): NodeRequest {
  return {
    runId: 'run-1',
    root,
    runDir: join(root, '.odw', 'runs', 'run-1'),
    key: 'k',
    index: 1,
    label: 'a node',
    phase: '',
    attempt: 1,
    maxAttempts: 1,
    backend: 'pandacode',
    runtime: 'claude',
    effort: 'low',
    timeoutMs: null,
    session: 'run-1-a-node-1-1',
    prompt: 'Do it.',
    autoAnswer: true,
    ...fields,
  };
}

export interface TestHost extends NodeHost {
  beats: NodeEvidence[];
  cancel(reason: CancelReason): void;
}

/** A host in this process, with short times. */
export function host(bin: string, env: NodeJS.ProcessEnv = {}, fields: Partial<NodeHost> = {}): TestHost {
  const abort = new AbortController();
  let reason: CancelReason = 'leave';
  const beats: NodeEvidence[] = [];
  return {
    activityId: 'abc.1.1',
    executor: resolveExecutor({ ...process.env, ODW_EXECUTOR_FEATURES: '', ...env }, { pandacodeBin: bin }, undefined),
    heartbeat: (details) => beats.push(details),
    cancelled: abort.signal,
    cancelReason: () => reason,
    timings: { heartbeatMs: 50, livenessMs: 200, descendantsMs: 100, limitGraceMs: 200, killGraceMs: 500, settleMs: 50 },
    beats,
    cancel: (why) => {
      reason = why;
      abort.abort();
    },
    ...fields,
  };
}

/** The lines of a file that a fixture writes; none when it does not exist yet. */
export function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

/** Waits until a condition holds; fails after ten seconds. */
export async function until(condition: () => boolean, what = 'condition'): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await new Promise((wake) => setTimeout(wake, 15));
  }
}
