import { spawn, type ChildProcess } from 'node:child_process';

/** Exit code of a supervisor that started nothing: another one holds the step, or its files cannot be written. */
export const notStartedCode = 75;

// Built-ins only, so that the supervisor costs one fork and no second program (on Linux).
// - trap: a signal to the group must not end the shell before it wrote `code`; caught signals are default again in the child.
// - set -C: no overwriting, which makes `pid` the lock: a second supervisor in the same folder leaves.
// - `code` ends with the word "end": readers ignore it while it is half written. While the disk is full it waits for room, and then says so with
//   the word "full": what the command wrote just before may be cut. Without its folder nobody reads it.
// - A supervisor that cannot write `pid` starts nothing, and says so by its exit code.
const RECORD =
  process.platform === 'linux'
    ? 'read -r l </proc/$$/stat; read -r b </proc/sys/kernel/random/boot_id'
    : 'l=$(TZ=UTC LC_ALL=C ps -o pid=,ppid=,pgid=,stat=,lstart= -p $$); b=-';
const SUPERVISOR = `trap : TERM INT HUP; set -C; d=$1; shift
${RECORD}
printf '%s\\n%s\\n' "$l" "$b" >"$d/pid" || exit ${notStartedCode}
"$@" >"$d/out" 2>"$d/err"
c=$?; f=
until printf '%s end\\n%s' "$c" "$f" >|"$d/code"; do [ -d "$d" ] || exit 0; f='full
'; sleep 1; done 2>/dev/null`;

/**
 * Starts a command under a small shell that outlives this process: in its own session and process group, output to files,
 * exit code recorded. Read the folder with {@link inspectNode}.
 *
 * @param dir absolute path of an existing step folder; when another supervisor already holds it, the new one leaves without running anything
 * @returns the supervisor; its `exit` event is a hint that the step ended
 * @throws the system's error when the shell cannot be started (no such cwd, no more processes)
 */
export function supervise(dir: string, argv: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'odw-supervisor', dir, ...argv], { cwd: options.cwd, env: options.env, detached: true, stdio: 'ignore' });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve(child);
    });
  });
}
