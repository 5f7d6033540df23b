import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../../dist/cli/odw.js', import.meta.url));
const shell = 'mount -t tmpfs -o size="$1" tmpfs "$2" || exit 9; shift 2; echo mounted; read go; "$@"; echo "[exit] $?"; exec sleep 600';

/** Whether this machine lets a test mount a small file system in a mount namespace of its own. */
export function canMount(): boolean {
  return spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=100k tmpfs /mnt']).status === 0;
}

/** An odw command of which one folder is a small file system of its own, seen by that command alone and by this test. */
export interface SmallDisk {
  /** Starts the command, once. */
  go(): void;
  /** Fills the file system to the last byte, or makes room again. */
  fill(): void;
  free(): void;
  text(): string;
  until(pattern: RegExp): Promise<void>;
  read(path: string): string;
  /** Ends everything and lets the file system go. */
  dispose(): Promise<void>;
}

export async function onSmallDisk(folder: string, bytes: number, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<SmallDisk> {
  mkdirSync(folder, { recursive: true });
  const child = spawn('unshare', ['-rm', 'sh', '-c', shell, 'sh', String(bytes), folder, process.execPath, built, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const inside = (path: string) => `/proc/${child.pid}/root${path}`;
  const filler = inside(join(folder, 'filler'));
  const disk: SmallDisk = {
    go: () => void child.stdin.write('go\n'),
    fill() {
      // Ever smaller pieces, until not even a byte goes in.
      for (let size = 1 << 20; size >= 1;) {
        try {
          writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
        } catch {
          size >>= 1;
        }
      }
    },
    free: () => rmSync(filler),
    text: () => text,
    async until(pattern) {
      for (const deadline = Date.now() + 120_000; !pattern.test(text); await sleep(20))
        if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${String(pattern)} was not printed; printed was:\n${text}`);
    },
    read: (path) => readFileSync(inside(path), 'utf8'),
    async dispose() {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
  await disk.until(/mounted/);
  return disk;
}
