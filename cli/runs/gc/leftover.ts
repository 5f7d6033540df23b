/** Something that no run needs any more. */
export interface Leftover {
  kind: 'blob' | 'references' | 'removed-run' | 'node-folder' | 'worktree' | 'lock' | 'temporary';
  path: string;
  /** Bytes that come free. */
  bytes: number;
  /** Why nobody needs it. */
  why: string;
}

/** What looks like a leftover and is left alone. */
export interface Kept {
  path: string;
  why: string;
}

export interface Found {
  leftovers: (Leftover & { remove: () => Promise<void> | void })[];
  kept: Kept[];
}
