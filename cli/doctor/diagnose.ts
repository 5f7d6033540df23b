import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import { defaultConcurrency } from '../../src/concurrency.ts';
import { bambooKeys, type BambooKey } from './bamboo-keys.ts';
import { runCheck, type Check, type CommandOutput } from './run-check.ts';
import { temporalCheck } from './temporal-check.ts';

export interface DoctorOptions {
  path: string;
  claudeBin: string;
  codexctlBin: string;
  pandacodeBin?: string;
  /** One tiny model call per ready runtime. Default false. */
  live?: boolean;
  env: NodeJS.ProcessEnv;
  version: string;
}

/** What `odw doctor --json` prints (DOC-03, DOC-07). */
export interface Diagnosis {
  ok: boolean;
  odw_version: string;
  project: string;
  node: Check;
  pandacode: Check;
  claude: Check;
  codexctl: Check;
  codex: Check;
  runtimes: Record<string, unknown>;
  bamboo_keys: Record<string, BambooKey>;
  temporal: Check;
  git: Check;
  concurrency: { value: number; source: 'ODW_CONCURRENCY' | 'default'; mock: number };
  decision: string;
}

const LIMIT_MS = 10_000;
const RUNTIMES_LIMIT_MS = 30_000;
const LIVE_LIMIT_MS = 180_000;

/** Looks at everything a run may need, all at once, each with a time limit (DOC-01). Calls no model unless `live`. */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const { env } = options;
  const project = resolve(options.path);
  const pandacodeCommand = resolveExecutor(env, { pandacodeBin: options.pandacodeBin }).command;
  const cwd = existsSync(project) ? { cwd: project } : {};
  const run = (command: readonly string[], limitMs = LIMIT_MS) => runCheck(command, { limitMs, env, ...cwd });
  const doctor = [...pandacodeCommand, 'doctor', '--cd', project, '--json', ...(options.live ? ['--live'] : [])];
  const [node, pandacode, claude, codexctl, codex, runtimesOutput, temporal, git] = await Promise.all([
    run([process.execPath, '--version']),
    run([...pandacodeCommand, '--version']),
    run([options.claudeBin, '--version']),
    run([options.codexctlBin, '--help']),
    firstThatAnswers(
      ['status', 'account', 'quota'].map((word) => [options.codexctlBin, word]),
      run,
    ),
    run(doctor, options.live ? LIVE_LIMIT_MS : RUNTIMES_LIMIT_MS),
    temporalCheck(env, 3000),
    run(['git', '--version']),
  ]);
  const runtimes = readRuntimes(runtimesOutput);
  const ok = node.ok && pandacode.ok;
  return {
    ok,
    odw_version: options.version,
    project,
    node: brief({ ...node, command: ['node', '--version'] }),
    pandacode: brief(pandacode),
    claude: brief(claude),
    codexctl: brief(codexctl),
    codex: brief(codex),
    runtimes,
    bamboo_keys: bambooKeys(env),
    temporal,
    git: brief(git),
    concurrency: concurrency(env),
    decision: decision(ok, node, pandacode),
  };
}

async function firstThatAnswers(commands: string[][], run: (command: string[]) => Promise<CommandOutput>): Promise<CommandOutput> {
  let output: CommandOutput | undefined;
  for (const command of commands) {
    output = await run(command);
    if (output.ok) break;
  }
  return output!;
}

// pandacode's doctor ends with 1 when no runtime is ready; its JSON is what counts (EXEC-19).
function readRuntimes(output: CommandOutput): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(output.stdout);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  const { command, exitCode, summary, stdout, stderr } = output;
  return { ok: false, command, exit_code: exitCode, summary, stdout_tail: stdout.slice(-4000), stderr_tail: stderr.slice(-4000) };
}

function concurrency(env: NodeJS.ProcessEnv): Diagnosis['concurrency'] {
  const machine = { cpus: cpus().length, totalMemoryBytes: totalmem() };
  const mock = defaultConcurrency({ backend: 'mock', ...machine });
  const asked = Number(env['ODW_CONCURRENCY']);
  if (Number.isInteger(asked) && asked >= 1 && asked <= 256) return { value: asked, source: 'ODW_CONCURRENCY', mock: asked };
  return { value: defaultConcurrency({ backend: 'pandacode', ...machine }), source: 'default', mock };
}

function decision(ok: boolean, node: Check, pandacode: Check): string {
  if (ok) return 'odw can run workflows; a runtime that is not ready fails only the nodes that ask for it.';
  const missing = [...(node.ok ? [] : ['node']), ...(pandacode.ok ? [] : ['pandacode'])].join(' and ');
  return `odw cannot run agents until ${missing} works; the mock backend needs node alone.`;
}

function brief({ ok, command, summary }: Check): Check {
  return { ok, command, summary };
}
