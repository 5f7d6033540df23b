import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf } from '../../errors/failure.ts';
import { performRun } from '../../run/perform-run.ts';
import { RunControl } from '../../run/run-control.ts';
import { listenForSignals } from '../../run/signals.ts';
import type { Runtime } from '../../runtimes/runtime.ts';

const limitMs = 60_000;

/**
 * Has a runtime answer one word, in a folder of its own that is removed afterwards: a real call, with the real login,
 * that costs next to nothing. At most a minute.
 *
 * @returns what `doctor` shows as `live_check`
 */
export async function liveCheck(runtime: Runtime, bin: string | undefined, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'pandacode-live-'));
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  const startedMs = Date.now();
  const control = new RunControl();
  listenForSignals(control, false);
  try {
    const { report, finish } = await performRun(
      {
        runtime,
        action: 'exec',
        task: 'Reply with the single word: ok',
        workspace,
        stateDir: join(folder, 'state'),
        session: 'live-check',
        effort: 'low',
        permission: 'limited',
        timeoutMs: limitMs,
        idleTimeoutMs: 0,
        schemaRepairs: 0,
        dispatchId: null,
        detachSafe: false,
        options: { ...(bin ? { bin } : {}), claudeMode: 'auto', allowTools: [], codexConfig: [], passEnv: [], persist: false },
        notes: [],
        json: true,
        env: { ...env, PANDACODE_STATE_DIR: undefined },
        startedMs,
      },
      control,
    );
    finish();
    const { ok, model, usage, error } = report;
    return { ok, model, elapsed_ms: Date.now() - startedMs, usage, ...(error ? { error } : {}) };
  } catch (error) {
    return { ok: false, model: null, elapsed_ms: Date.now() - startedMs, usage: null, error: failureOf(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
