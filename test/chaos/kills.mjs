// What the chaos run kills, and how often it chooses each.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Kinds of kills with their weights. `start` kills the server while the next host is starting; `leave` is Ctrl-C. */
const kinds = { host: 4, server: 2, both: 3, supervisors: 2, group: 2, start: 2, leave: 1 };

/** One of the kinds, by a number in [0, 1). */
export function kindOf(number) {
  let left = number * Object.values(kinds).reduce((sum, weight) => sum + weight, 0);
  for (const [kind, weight] of Object.entries(kinds)) if ((left -= weight) < 0) return kind;
  return 'host';
}

/** kill -9 of the server in this ODW_HOME, wherever it stands in its life. */
export function killServer(home) {
  try {
    process.kill(JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')).pid, 'SIGKILL');
    return true;
  } catch {
    return false; // nobody has started it again yet
  }
}

/**
 * kill -9 of some executors' parents, alone: the executors live on without anybody to write their exit codes.
 *
 * @returns how many were killed
 */
export function killSupervisors(dir, random) {
  let killed = 0;
  for (const { pid, command } of processes()) {
    if (!command.includes('odw-supervisor') || !command.includes(dir) || random() >= 0.3) continue;
    try {
      process.kill(pid, 'SIGKILL');
      killed++;
    } catch {
      // just ended
    }
  }
  return killed;
}

/** Process id and command line of everything that runs for a project, its hosts left out. */
export function executorsOf(dir) {
  return processes()
    .filter(({ command }) => command.includes(`${dir}/`) && !command.startsWith('node ') && !command.startsWith(process.execPath))
    .map(({ pid, command }) => `${pid} ${command.slice(0, 80)}`);
}

function processes() {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command === '' ? [] : [{ pid: Number(name), command }];
    } catch {
      return [];
    }
  });
}
