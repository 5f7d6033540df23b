export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM. */
  leave: AbortSignal;
  /** 130 or 143, once a signal came. */
  exitCode: () => number;
  dispose(): void;
}

/**
 * The first SIGINT or SIGTERM asks the host to leave, the second exits at once; runs stay resumable all the same (CLI-04).
 *
 * @param onLeave told of the first signal
 * @param runDir the run whose executors the second signal kills; without one, executors live on
 * @param onEnd told when all is ended at once, just before the process is
 */
export function catchSignals(onLeave: (signal: NodeJS.Signals) => void, runDir?: string, onEnd: () => void = () => {}): Signals {
  const controller = new AbortController();
  let code = 0;
  let killing: Promise<{ killExecutors: (runDir: string) => void }> | undefined;
  const on = (signal: NodeJS.Signals) => {
    const next = signal === 'SIGINT' ? 130 : 143;
    if (controller.signal.aborted) {
      const killed = killing?.then(({ killExecutors }) => runDir !== undefined && killExecutors(runDir));
      void Promise.resolve(killed)
        .catch(() => {})
        .then(onEnd)
        .then(() => process.exit(next));
      return;
    }
    code = next;
    // Loaded now, so that the second signal waits for nothing.
    if (runDir !== undefined) killing = import('../../activities/run-node/kill-executors.ts');
    killing?.catch(() => {});
    onLeave(signal);
    controller.abort();
  };
  process.on('SIGINT', on);
  process.on('SIGTERM', on);
  return {
    leave: controller.signal,
    exitCode: () => code,
    dispose() {
      process.off('SIGINT', on);
      process.off('SIGTERM', on);
    },
  };
}
