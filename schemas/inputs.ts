import * as z from 'zod';

/** The files that a node names with its option `inputs`, by content (EXPL-02). */
export const hashedInputs = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** Over names and contents. */
    sha256: z.string(),
    files: z.number(),
    bytes: z.number(),
    /** Globs that match no file. */
    empty: z.array(z.string()).optional(),
  }),
  z.object({ ok: z.literal(false), message: z.string() }),
]);
export type HashedInputs = z.infer<typeof hashedInputs>;

/** What is to be hashed. */
export interface HashRequest {
  /** The project's folder. */
  root: string;
  /** The option `inputs`, as the author wrote it. */
  patterns: readonly string[];
  /** The node that asks: only a run that is played to explain the resume of an open one says it. Its prompt is cut, as in the journal. */
  node?: { label: string; phase: string; prompt: string };
}
