import { execFile } from 'node:child_process';

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
export function readVersion(binary: string): Promise<CliVersion | { problem: string }> {
  return new Promise((resolve) => {
    execFile(
      binary,
      ['--version'],
      { timeout: 10_000, killSignal: 'SIGKILL', env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } },
      (error, stdout) => {
        const version = parseVersion(stdout);
        if (version) return resolve(version);
        const first = stdout.trim().split('\n')[0];
        resolve({
          problem: error ? `it cannot be run (${error.message.split('\n')[0]})` : `it is no Temporal CLI with a server (it says ${JSON.stringify(first)})`,
        });
      },
    );
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
