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
 */
export function catchSignals(onLeave: (signal: NodeJS.Signals) => void): Signals {
  const controller = new AbortController();
  let code = 0;
  const on = (signal: NodeJS.Signals) => {
    const next = signal === 'SIGINT' ? 130 : 143;
    if (controller.signal.aborted) process.exit(next);
    code = next;
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
