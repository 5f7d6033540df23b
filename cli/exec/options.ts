import { withFlags } from '../../src/limits/combine.ts';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { RunOptions } from '../../schemas/options.ts';
import { defaultConcurrency } from '../../src/concurrency.ts';
import { OdwError } from '../../src/errors/error.ts';
import { worktreeRoot } from '../../system/paths.ts';
import { limitsOf } from '../limit-options.ts';
import type { ExecFlags } from './flags.ts';

const defaultMaxPayload = 64 * 1024 * 1024;

/** The options that shape the run: flags, then what a resumed run recorded (RES-06), then the environment, then defaults. */
export function readOptions(flags: ExecFlags, env: NodeJS.ProcessEnv, recorded: Partial<RunOptions> | undefined): RunOptions {
  const backend = flags.backend ?? recorded?.backend ?? 'mock';
  const concurrency =
    flags.concurrency ??
    recorded?.concurrency ??
    envNumber(env, 'ODW_CONCURRENCY', 'from 1 to 256', 256) ??
    defaultConcurrency({ backend, cpus: cpus().length, totalMemoryBytes: totalmem() });
  const dialect = flags.dialect ?? recorded?.dialect;
  const maxParkMs = flags.maxPark ?? recorded?.maxParkMs;
  const priority = flags.priority ?? recorded?.priority;
  const prefixStaggerMs = flags.prefixStaggerMs ?? recorded?.prefixStaggerMs;
  const ratesFile = flags.rates ?? recorded?.rates ?? (env['ODW_RATES'] || undefined);
  const limits = limitsFrom(flags, recorded?.limits);
  return {
    backend,
    ...(limits ? { limits } : {}),
    ...(dialect === undefined ? {} : { dialect }),
    ...(maxParkMs === undefined ? {} : { maxParkMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(prefixStaggerMs === undefined ? {} : { prefixStaggerMs }),
    provider: flags.provider ?? recorded?.provider ?? (env['ODW_PROVIDER'] || null),
    providerIsFlag: flags.provider !== undefined || (recorded?.providerIsFlag ?? false),
    model: modelOf(flags.model) ?? recorded?.model ?? null,
    effort: flags.effort ?? recorded?.effort ?? 'low',
    timeoutMs: flags.timeout === undefined ? (recorded?.timeoutMs ?? null) : timeoutOf(flags.timeout),
    concurrency,
    maxAgents: flags.maxAgents ?? recorded?.maxAgents ?? 1000,
    budget: flags.budget ?? recorded?.budget ?? null,
    ...(ratesFile === undefined ? {} : { rates: resolve(ratesFile) }),
    autoAnswer: flags.autoAnswer && (recorded?.autoAnswer ?? true),
    worktreeRoot: recorded?.worktreeRoot ?? worktreeRoot(env),
    maxPayloadBytes: envNumber(env, 'ODW_MAX_PAYLOAD', 'of bytes, 1 or more') ?? recorded?.maxPayloadBytes ?? defaultMaxPayload,
  };
}

// With --raise it counts whether a width was asked for: the default does not win over the script.
function limitsFrom(flags: ExecFlags, recorded: RunOptions['limits']): RunOptions['limits'] {
  const given = limitsOf(flags);
  if (!given && !recorded) return undefined;
  const limits = withFlags(recorded, given);
  return limits.raise && flags.concurrency !== undefined ? { ...limits, concurrency: flags.concurrency } : limits;
}

// EXEC-09: words, zero, negative numbers and NaN mean no limit.
function timeoutOf(text: string): number | null {
  const seconds = Number(text);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
}

// AGENT-05.
function modelOf(model: string | undefined): string | undefined {
  return model === undefined || model.trim() === '' || model === 'inherit' ? undefined : model;
}

function envNumber(env: NodeJS.ProcessEnv, name: string, range: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new OdwError('option-invalid', `${name} must be a whole number ${range}, got "${text}"`, { exitCode: 2 });
}
