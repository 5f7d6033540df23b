import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeFileAtomic } from '../../system/files.ts';

/** What odw keeps about a worktree of its own, in the worktree's private git folder: it disappears together with the registration. */
const worktreeRecord = z.object({
  version: z.literal(1),
  dir: z.string(),
  /** The commit that the agent started from. */
  base: z.string(),
  /** What the repository's refs pointed at when the tree was made: commits that are not the agent's. */
  refs: z.array(z.string()),
  createdMs: z.number(),
  /** `ready`: an executor may have worked in it. `creating`, `removing`: nothing of value is in it. */
  state: z.enum(['creating', 'ready', 'removing']),
});
export type WorktreeRecord = z.infer<typeof worktreeRecord>;

const fileName = 'odw.json';

/** Writes the record durably. */
export function writeRecord(gitDir: string, record: WorktreeRecord): void {
  writeFileAtomic(join(gitDir, fileName), JSON.stringify(record), { sync: true });
}

/** Reads the record of a private git folder; undefined when there is none that can be read. */
export function readRecord(gitDir: string): WorktreeRecord | undefined {
  try {
    return worktreeRecord.parse(JSON.parse(readFileSync(join(gitDir, fileName), 'utf8')));
  } catch {
    return undefined;
  }
}

export interface Registration {
  /** The worktree's private git folder. */
  gitDir: string;
  /** The worktree's folder as git knows it; undefined when git was killed before it said so. */
  dir: string | undefined;
  record: WorktreeRecord | undefined;
}

/** Every registered worktree of a repository. Read from the files, since half-made ones are what callers look for. */
export async function listRegistrations(commonDir: string): Promise<Registration[]> {
  const folder = join(commonDir, 'worktrees');
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => {
    const gitDir = join(folder, name);
    return { gitDir, dir: readPointer(join(gitDir, 'gitdir')), record: readRecord(gitDir) };
  });
}

function readPointer(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
      .replace(/\r?\n$/, '')
      .replace(/[/\\]\.git$/, '');
  } catch {
    return undefined;
  }
}
