import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const longest = 24_000;

/** The task, preceded by the workspace's own instructions for agents: bare mode loads neither file itself. */
export function barePrompt(workspace: string, task: string): string {
  for (const name of ['AGENTS.md', 'CLAUDE.md']) {
    let text: string;
    try {
      const path = join(workspace, name);
      // A pipe of this name would be waited for.
      text = statSync(path).isFile() ? readFileSync(path, 'utf8').trim() : '';
    } catch {
      continue;
    }
    if (text) return `Instructions of this project (${name}):\n\n${text.slice(0, longest)}\n\nTask:\n\n${task}`;
  }
  return task;
}
