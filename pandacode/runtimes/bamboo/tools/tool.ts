import type { Boundary } from '../safety/protected-paths.ts';
import type { Secrets } from '../safety/secrets.ts';
import type { TurnContext } from '../../runtime.ts';

/** What a tool call gives back to the model. */
export interface ToolOutcome {
  ok: boolean;
  message: string;
  path?: string;
  command?: string;
  exit_code?: number | null;
  timed_out?: boolean;
  output?: string;
  stdout?: string;
  stderr?: string;
  /** How the tool is used rightly. */
  help?: string;
  [size: `${string}_chars`]: number;
  [cut: `${string}_truncated`]: boolean;
}

/** What tools work with. */
export interface ToolSurroundings {
  boundary: Boundary;
  permission: 'max' | 'limited';
  /** Limit of one shell command in milliseconds. */
  shellTimeoutMs: number;
  /** Environment of shell commands: without any key. */
  env: Record<string, string>;
  /** What no result may hold. */
  secrets?: Secrets;
  /** Folder for what background processes print. */
  backgroundLogs: string;
  context: Pick<TurnContext, 'control' | 'family' | 'fileChanged' | 'events' | 'warn' | 'watchdog'>;
}

export type Arguments = Record<string, unknown>;

/** An outcome without what the model must not see. */
export function withoutSecrets(outcome: ToolOutcome, secrets: Secrets | undefined): ToolOutcome {
  if (!secrets) return outcome;
  const shown = { ...outcome };
  for (const name of ['message', 'output', 'stdout', 'stderr'] as const) if (shown[name] !== undefined) shown[name] = secrets.hide(shown[name]);
  return shown;
}

export function failed(message: string, more: Partial<ToolOutcome> = {}): ToolOutcome {
  return { ok: false, message, ...more };
}
