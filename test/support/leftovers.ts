import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a run must not leave behind in a project: processes that name its folder, worktrees. An empty list when all is clean. Linux only for processes. */
export async function leftovers(dir: string, worktreeRoot?: string): Promise<string[]> {
  // A process that has just been told to end gets a moment.
  for (let round = 0; round < 40 && processesNaming(dir).length > 0; round++) await sleep(50);
  const trees = execFileSync('git', ['worktree', 'list'], { cwd: dir, encoding: 'utf8' }).trim().split('\n').slice(1);
  const folders =
    worktreeRoot !== undefined && existsSync(worktreeRoot)
      ? readdirSync(worktreeRoot).flatMap((run) => readdirSync(`${worktreeRoot}/${run}`).map((name) => `${run}/${name}`))
      : [];
  return [...processesNaming(dir).map((one) => `process ${one}`), ...trees.map((one) => `worktree ${one}`), ...folders.map((one) => `folder ${one}`)];
}

/** Process id and command line of every process whose arguments name this folder. */
export function processesNaming(dir: string): string[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command.includes(dir) ? [`${name} ${command.slice(0, 200)}`] : [];
    } catch {
      return []; // gone between the look at the list and at it
    }
  });
}
