import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeRequest } from '../../schemas/node.ts';
import { identify } from '../../system/process-table.ts';
import { terminateTree } from '../../system/terminate.ts';
import type { Executor } from '../executor/resolve-executor.ts';

const LIMIT_MS = 3000;

/**
 * Asks an executor that is not our own to stop the session of an ended node, so that no terminal session of it is left (EXEC-12).
 * Never fails; takes at most 3 s.
 */
export async function stopSession(request: NodeRequest, executor: Executor, cwd: string): Promise<void> {
  // Whoever announces features ends its session together with its process.
  if (executor.features.size > 0) return;
  const [file = '', ...first] = executor.command;
  const argv = [...first, request.runtime, 'stop', '--session', request.session, '--cd', cwd, '--json'];
  const child = spawn(file, argv, { cwd, env: executor.env, stdio: 'ignore' });
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  const limit = new AbortController();
  await Promise.race([ended, sleep(LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
  const stillThere = child.pid !== undefined && child.exitCode === null && child.signalCode === null ? identify(child.pid) : undefined;
  if (stillThere) await terminateTree([stillThere], { graceMs: 0 });
}
