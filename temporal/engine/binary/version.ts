import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** What `temporal --version` says. */
export interface CliVersion {
  /** `1.8.2`, or `0.0.0-DEV` for a plain build from source. */
  cli: string;
  /** Version of the server inside, such as `1.31.2`. */
  server: string;
}

/** The release that odw is tested with, downloads and builds. */
export const pinnedVersion = { cli: '1.8.2', server: '1.31.2' } as const;

/** The oldest release line accepted from elsewhere. */
export const minimumVersion = { cli: '1.8.0', server: '1.31.0' } as const;

/** The versions inside a Temporal CLI's own version line; undefined when the text is of another program or a CLI without a server. */
export function parseVersion(text: string): CliVersion | undefined {
  const match = /^temporal version (\S+) \(Server (\d+\.\d+\.\d+)\S*(?:,|\))/m.exec(text);
  return match?.[1] && match[2] ? { cli: match[1].replace(/^v/, ''), server: match[2] } : undefined;
}

/** Whether this CLI is of the pinned line or newer. Development builds are judged by their server. */
export function isNewEnough(version: CliVersion): boolean {
  const development = version.cli.startsWith('0.0.0');
  return compare(version.server, minimumVersion.server) >= 0 && (development || compare(version.cli, minimumVersion.cli) >= 0);
}

/** Whether two server versions share major and minor: patch releases share their tables. */
export function sameLine(one: string, other: string): boolean {
  return numbers(one).slice(0, 2).join('.') === numbers(other).slice(0, 2).join('.');
}

/** Runs `binary --version`; the reason as text when that gives no usable answer. Ten seconds at most. */
export async function readVersion(binary: string): Promise<CliVersion | { problem: string }> {
  for (let round = 1; ; round++) {
    const { error, stdout } = await run(binary);
    // A file that was just written may be held open for a moment by a process that forked meanwhile.
    if (error?.code === 'ETXTBSY' && round < 40) {
      await sleep(25);
      continue;
    }
    const version = parseVersion(stdout);
    if (version) return version;
    const first = stdout.trim().split('\n')[0];
    return { problem: error ? `it cannot be run (${error.message.split('\n')[0]})` : `it is no Temporal CLI with a server (it says ${JSON.stringify(first)})` };
  }
}

function run(binary: string): Promise<{ error: (Error & { code?: unknown }) | null; stdout: string }> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  return new Promise((resolve) => {
    try {
      execFile(binary, ['--version'], { timeout: 10_000, killSignal: 'SIGKILL', env }, (error, stdout) => resolve({ error, stdout }));
    } catch (error) {
      resolve({ error: error as Error, stdout: '' }); // some failures of exec are thrown
    }
  });
}

function compare(one: string, other: string): number {
  const [a, b] = [numbers(one), numbers(other)];
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) - (b[i] ?? 0);
  return 0;
}

function numbers(version: string): number[] {
  return version
    .split(/[.-]/)
    .slice(0, 3)
    .map((part) => Number.parseInt(part, 10) || 0);
}
