import { makeContinueAsNewFunc } from '@temporalio/workflow';
import { chunksOf } from '../../src/continuation/chunks.ts';
import type { Batch, Continuation } from '../../schemas/continuation.ts';
import type { RunContext } from '../run-context.ts';
import { outside } from './outside.ts';

/** The way of one execution of a run. */
export interface Course {
  /** Resolves once the run stands where the execution before it stood; at once in the first one. */
  live: Promise<void>;
  /** Rejects when the run leaves this execution, with what ends it. */
  leave: Promise<never>;
  /** The run is about to end here: it does not leave any more. */
  stay: () => void;
}

const mebibyte = 1024 * 1024;
// The server ends a run at 51,200 events or 50 MiB, and a host that takes a run up replays all of them.
const softEvents = 8000;
const hardEvents = 12_000;

/** Starts to hand out what reaches the run, from what earlier executions took in. The run leaves for a new execution before its history is too long. */
export function beginRun(ctx: RunContext, continuation: Continuation | undefined, chunks: Batch[][]): Course {
  const { input, journal } = ctx;
  const test = input.continueAfterEvents;
  const { live, leave } = outside.begin({
    limits: { soft: [test ?? softEvents, 8 * mebibyte], hard: [test ?? hardEvents, 16 * mebibyte] },
    carried: continuation && { continuation, batches: chunks.flat() },
    events: () => journal.count,
  });
  // The first task of the next execution plays everything so far: that may take its time.
  const goOn = makeContinueAsNewFunc({ workflowTaskTimeout: '60s' });
  const left = leave.then(({ continuation: next, batches }) => goOn(input, next, ...chunksOf(batches)));
  left.catch(() => {});
  return { live, leave: left, stay: () => outside.stay() };
}
