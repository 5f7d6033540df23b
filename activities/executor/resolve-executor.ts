import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Flags that odw sends only to an executor that announces them (EXEC-18), in the order in which they are sent. */
export const EXECUTOR_FEATURES = ['--report-file', '--pid-file', '--dispatch-id', '--detach-safe', '--events-file', '--schema-file', '--max-steps'] as const;

// Looked for once: a worker resolves anew for every node, and an upgrade may have taken the file away for a moment.
const shipped = shippedPandacode();

/** The executor that a run uses. */
export interface Executor {
  /** What was asked for, or what the default word led to; for messages. */
  pandacodeBin: string;
  /** The program and its first arguments. */
  command: readonly string[];
  /** Handed on to codex nodes. Default `codexctl`. */
  codexctlBin?: string;
  features: ReadonlySet<string>;
  /** True for the one that is shipped beside this odw. */
  shipped?: boolean;
  /** Environment of every executor, unchanged (EXEC-06). */
  env: NodeJS.ProcessEnv;
}

/** Command-line flags that choose the executor; they win over `ODW_PANDACODE_BIN` and `ODW_CODEXCTL_BIN`. */
export interface ExecutorFlags {
  pandacodeBin?: string | undefined;
  codexctlBin?: string | undefined;
}

/**
 * Finds the executor of a run. The default word `pandacode` means the one shipped beside this odw, else the one on PATH.
 * Our own pandacode, known by its resolved path, has all features; another one those named by `ODW_EXECUTOR_FEATURES`.
 * Starts nothing and never throws: a missing binary shows when a node needs it, see {@link missingExecutor}.
 *
 * @param ownPandacode path of the shipped executor; default: beside the odw program that runs
 */
export function resolveExecutor(env: NodeJS.ProcessEnv, flags: ExecutorFlags = {}, ownPandacode: string | undefined = shipped): Executor {
  const asked = flags.pandacodeBin || env['ODW_PANDACODE_BIN'] || 'pandacode';
  const codexctlBin = flags.codexctlBin || env['ODW_CODEXCTL_BIN'] || 'codexctl';
  const found = asked === 'pandacode' && ownPandacode ? ownPandacode : locate(asked, env);
  const own = found !== undefined && ownPandacode !== undefined && realPath(found) === realPath(ownPandacode);
  const features = new Set<string>(own ? EXECUTOR_FEATURES : announced(env['ODW_EXECUTOR_FEATURES']));
  const file = found ?? asked;
  return { pandacodeBin: file, command: needsNode(file, own) ? [process.execPath, file] : [file], codexctlBin, features, shipped: own, env };
}

/**
 * Why the executor cannot be started, in one sentence that names what was tried; undefined when it can.
 */
export function missingExecutor(executor: Pick<Executor, 'command' | 'pandacodeBin' | 'env'>): string | undefined {
  const file = executor.command.at(-1) ?? executor.pandacodeBin;
  const viaNode = executor.command.length > 1;
  const path = file.includes('/') ? resolve(file) : locate(file, executor.env);
  if (path === undefined) return `executor "${file}" was not found on PATH`;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return `executor "${file}" does not exist`;
  if (!stat.isFile()) return `executor "${file}" is not a file`;
  return viaNode || isExecutable(path) ? undefined : `executor "${file}" is not executable`;
}

function announced(list: string | undefined): string[] {
  const named = (list ?? '').split(',').map((word) => `--${word.trim().replace(/^-+/, '')}`);
  return EXECUTOR_FEATURES.filter((flag) => named.includes(flag));
}

// A word is looked for on PATH; a path is taken from the present folder.
function locate(name: string, env: NodeJS.ProcessEnv): string | undefined {
  if (name.includes('/') || isAbsolute(name)) return resolve(name);
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(folder, name)).find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() && isExecutable(path));
}

// A JavaScript file that cannot be executed by itself is run with the Node that runs odw; so is our own, whose mode an archive may have lost.
function needsNode(file: string, own: boolean): boolean {
  if (!/\.[cm]?js$/.test(file)) return false;
  return own || (existsSync(file) && (!isExecutable(file) || !startsWithShebang(file)));
}

function startsWithShebang(file: string): boolean {
  try {
    return readFileSync(file, 'latin1').startsWith('#!');
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function shippedPandacode(): string | undefined {
  const starts = [process.argv[1] === undefined ? undefined : realPath(process.argv[1]), fileURLToPath(import.meta.url)];
  return starts.flatMap((start) => (start ? [join(dirname(start), '..', 'pandacode', 'pandacode.js')] : [])).find((path) => existsSync(path));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
