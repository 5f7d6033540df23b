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

/** The disk was full while an executor without a report file printed its answer. */
export function diskFullFailure(): NodeFailure {
  return {
    category: 'executor_disk_full',
    message: 'the disk was full while the executor wrote its answer: what there is of it may be cut, so it is no result',
    retryable: true,
    next_action: 'Make room and resume the run: the node is asked, and paid for, again.',
  };
}

/** Somebody deleted the files of a node while its executor worked, and it left no report. */
export function filesGoneFailure(dir: string): NodeFailure {
  return {
    category: 'executor_files_gone',
    message: `the folder ${dir} was deleted while the executor worked, and its answer with it`,
    retryable: true,
    next_action: 'Resume the run: the node is asked, and paid for, again. `odw runs rm` removes runs that have ended, and nothing else.',
  };
}
