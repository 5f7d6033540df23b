import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OdwError } from '../../../src/errors/error.ts';
import { beforeDeath } from '../../../system/before-death.ts';
import type { EngineOptions, Progress } from '../engine.ts';
import { pinnedVersion } from './version.ts';

const cliPackage = 'github.com/temporalio/cli/cmd/temporal';
const versionVariable = 'github.com/temporalio/cli/internal/temporalcli.Version';

/**
 * Builds the pinned Temporal CLI from source with Go and puts it at `destination`. Takes minutes the first time;
 * progress counts modules while they load, then packages.
 *
 * @throws OdwError `engine-build-failed` with the end of the compiler's output
 */
export async function buildBinary(go: string, temporary: string, destination: string, options: EngineOptions): Promise<void> {
  const say = options.onProgress ?? (() => {});
  const given = options.env ?? process.env;
  const workFolder = mkdtempSync(join(given['GOTMPDIR'] || tmpdir(), 'odw-build-'));
  // A compiler that ends with Go may still be writing.
  const clean = () => rmSync(workFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const callOff = beforeDeath(clean);
  try {
    // The module is copied, for Go may want to write beside go.mod, and the package's folder may be read-only.
    for (const name of ['go.mod', 'go.sum']) cpSync(join(moduleFolder(), name), join(workFolder, name));
    // Go leaves hundreds of megabytes in its own temporary folder when it is ended, so that is in ours.
    const env = { ...given, CGO_ENABLED: '0', GOWORK: 'off', GOTMPDIR: workFolder };
    const run = (args: string[], onLine: LineListener) => runGo(go, args, workFolder, env, onLine);

    say({ phase: 'modules', message: 'loading the sources of the Temporal server' });
    const modules = new Counter('modules', 'loading the sources of the Temporal server', say);
    const packages = await run(['list', '-deps', cliPackage], (line, stream) => {
      if (stream === 'stderr' && line.startsWith('go: downloading ')) modules.add();
    });

    const total = packages.length;
    say({ phase: 'build', message: `building Temporal CLI ${pinnedVersion.cli} from source (once)`, done: 0, total });
    const built = new Counter('build', `building Temporal CLI ${pinnedVersion.cli} from source (once)`, say, total);
    const flags = `-s -w -X ${versionVariable}=${pinnedVersion.cli}`;
    await run(['build', '-v', '-trimpath', '-ldflags', flags, '-o', temporary, cliPackage], (line, stream) => {
      if (stream === 'stderr' && isPackagePath(line)) built.add();
    });
    renameSync(temporary, destination);
  } finally {
    callOff();
    clean();
  }
}

/** The folder with go.mod: `temporal/` of the package this code belongs to, run from source or from `dist/`. */
export function moduleFolder(from: string = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'temporal', 'go.mod'))) return join(folder, 'temporal');
    if (dirname(folder) === folder)
      throw new OdwError('engine-build-failed', `temporal/go.mod is missing from the package (looked upwards from ${from}); reinstall odw`);
  }
}

type LineListener = (line: string, stream: 'stdout' | 'stderr') => void;

class Counter {
  private count = 0;
  private readonly phase: Progress['phase'];
  private readonly message: string;
  private readonly say: (progress: Progress) => void;
  private readonly total: number | undefined;

  constructor(phase: Progress['phase'], message: string, say: (progress: Progress) => void, total?: number) {
    this.phase = phase;
    this.message = message;
    this.say = say;
    this.total = total;
  }

  add(): void {
    this.count += 1;
    const total = this.total === undefined ? {} : { total: Math.max(this.total, this.count) };
    this.say({ phase: this.phase, message: this.message, done: this.count, ...total });
  }
}

// `go build -v` prints one import path for each package it compiles, among lines of other kinds.
function isPackagePath(line: string): boolean {
  return /^[\w.~-]+(\/[\w.~+-]+)*$/.test(line);
}

/** Runs Go to its end and gives the lines of stdout. */
async function runGo(go: string, args: string[], cwd: string, env: NodeJS.ProcessEnv, onLine: LineListener): Promise<string[]> {
  const child = spawn(go, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  const tail: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    onLine(line, 'stdout');
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!isPackagePath(line)) tail.push(line);
    if (tail.length > 15) tail.shift();
    onLine(line, 'stderr');
  });
  const callOff = beforeDeath(() => child.kill('SIGKILL'));
  try {
    const ended = await new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(code === 0 ? '' : `exit ${code ?? signal}`));
    });
    if (ended !== '') throw buildFailure(`${go} ${args[0]}`, ended, tail);
    return output;
  } finally {
    callOff();
  }
}

function buildFailure(command: string, ended: string, tail: string[]): OdwError {
  const quote = tail.length > 0 ? `:\n${tail.map((line) => `  ${line.slice(0, 400)}`).join('\n')}` : '';
  const full = tail.some((line) => /no space left on device|disk quota exceeded/i.test(line));
  if (full)
    return new OdwError('engine-disk-full', `building the Temporal server failed because the disk is full (${command}, ${ended})${quote}`, {
      fields: { tail },
    });
  return new OdwError('engine-build-failed', `building the Temporal server from source failed (${command}, ${ended})${quote}`, {
    fields: { command, ended, tail },
  });
}
