import { failure, failureOf } from '../errors/failure.ts';
import type { RunControl } from './run-control.ts';

/** odw sends SIGKILL five seconds after its SIGTERM, so the children get less than that. */
const graceAfterSignalMs = 3000;

/**
 * Ends the run on SIGINT, SIGTERM and SIGHUP; a second signal takes the rest of the grace away. With `detachSafe`,
 * SIGHUP and broken output streams are no reason to end. An error that nobody caught ends the run too, so that there is a report.
 */
export function listenForSignals(control: RunControl, detachSafe: boolean): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (detachSafe && signal === 'SIGHUP') return;
      if (control.reason?.signal) control.endNow();
      else control.stop(failure('cancelled', `pandacode was ended by ${signal}`), { signal, graceMs: graceAfterSignalMs });
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => control.stop(failureOf(error)));
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!detachSafe && error.code === 'EPIPE') control.stop(failure('cancelled', 'the reader of stdout is gone'), { graceMs: graceAfterSignalMs });
  });
  process.stderr.on('error', () => undefined);
}
