import type { Effort } from '../runtime.ts';

export interface CodexInvocation {
  workspace: string;
  model: string | null;
  /** Effort in the words of the CLI. */
  effort: string;
  permission: 'max' | 'limited';
  resumeThread?: string;
  /** `KEY=VALUE` pairs for `-c`. */
  config: string[];
  /** Absolute: the CLI resolves it against its own cwd. */
  schemaFile?: string;
  lastMessageFile: string;
  persist: boolean;
}

/** The arguments of one `codex exec` call; the prompt goes to stdin. On resume all options stand before `resume`. */
export function codexArguments(invocation: CodexInvocation): string[] {
  const { workspace, model, effort, permission, resumeThread, config, schemaFile, lastMessageFile, persist } = invocation;
  return [
    ...['exec', '--json', '--skip-git-repo-check', '--ignore-user-config', '--ignore-rules', '-C', workspace],
    ...(model ? ['-m', model] : []),
    ...(permission === 'max'
      ? ['--dangerously-bypass-approvals-and-sandbox']
      : ['--sandbox', 'workspace-write', '-c', 'sandbox_workspace_write.network_access=false']),
    ...['-c', `model_reasoning_effort="${effort}"`, '-c', 'analytics.enabled=false', '--disable', 'plugins'],
    ...['-c', 'shell_environment_policy.ignore_default_excludes=false'],
    ...config.flatMap((pair) => ['-c', pair]),
    ...(schemaFile ? ['--output-schema', schemaFile] : []),
    ...['-o', lastMessageFile],
    ...(persist ? [] : ['--ephemeral']),
    ...(resumeThread ? ['resume', resumeThread] : []),
    '-',
  ];
}

/** The CLI knows no level below `low`; `max` only for models whose catalogue entry lists it. */
export function codexEffort(effort: Effort, modelSupportsMax: boolean): string {
  if (effort === 'none' || effort === 'minimal') return 'low';
  return effort === 'max' && !modelSupportsMax ? 'xhigh' : effort;
}

/** Configuration of a custom endpoint that speaks the Responses protocol. */
export function endpointConfig(baseUrl: string, keyVariable: string): string[] {
  const provider = 'model_providers.pandacode';
  return [
    'model_provider="pandacode"',
    `${provider}.name="pandacode"`,
    `${provider}.base_url=${JSON.stringify(baseUrl)}`,
    `${provider}.env_key="${keyVariable}"`,
    `${provider}.wire_api="responses"`,
    `${provider}.stream_max_retries=1`,
    `${provider}.request_max_retries=1`,
  ];
}

/** Names of key variables that the given configuration refers to; the child must get them. */
export function keyVariables(config: readonly string[]): string[] {
  return config.flatMap((pair) => /\.env_key\s*=\s*"?([A-Za-z_][A-Za-z0-9_]*)"?\s*$/.exec(pair)?.[1] ?? []);
}
