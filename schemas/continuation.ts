import type { Json } from './json.ts';

/** Something that reached a run from outside: an answer to what it asked for, a timer's end, or a message. */
export type Arrival =
  | {
      /** Number of the request that it answers, in the order in which the run made them. */
      op: number;
      /** What was asked for: a run that is played again must ask the same. */
      as: string;
      value?: Json;
      error?: { message: string; cancelled: boolean };
    }
  | { message: string; args: Json[] };

/** What a run took in at once, and when (Unix milliseconds of the workflow's clock). */
export interface Batch {
  t: number;
  items: Arrival[];
}

/**
 * What the next execution of a run gets when its history has grown too long, beside all {@link Batch}es so far: it plays them
 * from the beginning and stands where the one before stood.
 */
export interface Continuation {
  version: 1;
  /** The workflow's clock when the first execution began. */
  startedMs: number;
  /** Executions before this one. */
  executions: number;
  /** Journal events that the batches make. */
  events: number;
  /** Answers of `changed()` so far: they hold for the whole run. */
  changes: Record<string, boolean>;
}
