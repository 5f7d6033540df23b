import type { NodeFailure, NodeRequest } from '../../schemas/node.ts';

/** The node's own time limit is over (EXEC-11). */
export function timeLimitFailure(request: NodeRequest): NodeFailure {
  return {
    category: 'pandacode_timeout',
    message: `node time limit of ${(request.timeoutMs ?? 0) / 1000} s is over; its executor was ended`,
    retryable: true,
    next_action: 'Raise the timeout of the node, or give it a smaller task.',
  };
}

/** The node or the run was stopped (EXEC-12). */
export function cancelledFailure(): NodeFailure {
  return { category: 'cancelled', message: 'the node was stopped and its executor ended', retryable: false };
}

/** There is no executor to start. */
export function notInstalledFailure(reason: string): NodeFailure {
  return {
    category: 'not_installed',
    message: `${reason}; no executor was started`,
    retryable: false,
    next_action: 'Install pandacode, or name another executor with --pandacode-bin or ODW_PANDACODE_BIN; `odw doctor` shows what is found.',
  };
}

/** The system refused to start the executor's process. */
export function spawnFailure(error: unknown, cwd: string): NodeFailure {
  const reason = error instanceof Error ? error.message : String(error);
  return { category: 'pandacode_failed', message: `the executor could not be started in ${cwd}: ${reason}`, retryable: true };
}

/** The executor died without a result again and again. */
export function lostFailure(times: number): NodeFailure {
  return {
    category: 'executor_lost',
    message: `the executor died ${times} times without leaving a result`,
    retryable: true,
    next_action: 'Look for what kills it: memory, a supervisor of the machine, another user.',
  };
}
