import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The file that the CLI keeps a conversation in, `sessions/<year>/<month>/<day>/rollout-<time>-<thread>.jsonl` in its
 * home folder; null when there is none. New days are looked at first.
 *
 * @param home the CODEX_HOME of the call; undefined = the user's own
 */
export function rolloutFile(home: string | undefined, threadId: string): string | null {
  const ending = `-${threadId}.jsonl`;
  const search = (folder: string, depth: number): string | null => {
    for (const name of entries(folder)) {
      const path = join(folder, name);
      const found = depth > 0 ? search(path, depth - 1) : name.startsWith('rollout-') && name.endsWith(ending) ? path : null;
      if (found) return found;
    }
    return null;
  };
  const sessions = join(home ?? join(homedir(), '.codex'), 'sessions');
  return existsSync(sessions) ? search(sessions, 3) : null;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort().reverse();
  } catch {
    return [];
  }
}
