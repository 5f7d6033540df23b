import { spawn } from 'node:child_process';
import type { NodeRequest } from '../../schemas/node.ts';
import type { Executor } from '../executor/resolve-executor.ts';

const LIMIT_MS = 3000;

/**
 * Asks an executor that is not our own to stop the session of an ended node, so that no terminal session of it is left (EXEC-12).
 * Never fails; takes at most 3 s.
 */
export function stopSession(request: NodeRequest, executor: Executor, cwd: string): Promise<void> {
  // Whoever announces features ends its session together with its process.
  if (executor.features.size > 0) return Promise.resolve();
  const [file = '', ...first] = executor.command;
  return new Promise((resolve) => {
    const child = spawn(file, [...first, request.runtime, 'stop', '--session', request.session, '--cd', cwd, '--json'], {
      cwd,
      env: executor.env,
      stdio: 'ignore',
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}
