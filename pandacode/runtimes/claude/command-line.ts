import type { Effort } from '../runtime.ts';

export interface ClaudeInvocation {
  model: string | null;
  effort: Effort | null;
  permission: 'max' | 'limited';
  mode: 'bare' | 'full';
  /** A fresh UUID starts a conversation of this name; a known one is continued. */
  thread: { id: string; resume: boolean };
  allowTools: string[];
  /** JSON text of a schema with an object root. */
  schema?: string;
  maxSteps?: number;
  maxCost?: number;
  persist: boolean;
}

const tools = 'Bash,Edit,Read,Write,Glob,Grep';

/** The arguments of one headless `claude` call; the prompt goes to stdin. */
export function claudeArguments(invocation: ClaudeInvocation): string[] {
  const { model, effort, permission, mode, thread, allowTools, schema, maxSteps, maxCost, persist } = invocation;
  return [
    ...['-p', '--output-format', 'stream-json', '--verbose', '--include-partial-messages'],
    ...(model ? ['--model', model] : []),
    ...(effort ? ['--effort', claudeEffort(effort)] : []),
    ...(permission === 'max' ? ['--permission-mode', 'bypassPermissions'] : ['--permission-mode', 'acceptEdits', '--permission-prompts', 'none']),
    ...['--setting-sources', 'project', '--strict-mcp-config', thread.resume ? '--resume' : '--session-id', thread.id],
    ...(mode === 'bare' ? ['--bare'] : ['--tools', tools, '--disable-slash-commands']),
    ...(permission === 'limited' && allowTools.length > 0 ? ['--allowedTools', ...allowTools] : []),
    ...(schema === undefined ? [] : ['--json-schema', schema]),
    ...(maxSteps === undefined ? [] : ['--max-turns', String(maxSteps)]),
    ...(maxCost === undefined ? [] : ['--max-budget-usd', String(maxCost)]),
    ...(persist ? [] : ['--no-session-persistence']),
  ];
}

/** The CLI knows no level below `low`. */
export function claudeEffort(effort: Effort): string {
  return effort === 'none' || effort === 'minimal' ? 'low' : effort;
}

/** Bare mode needs an API key: it ignores every login. */
export function claudeMode(mode: 'auto' | 'bare' | 'full', env: NodeJS.ProcessEnv): 'bare' | 'full' {
  if (mode !== 'auto') return mode;
  return hasApiKey(env) ? 'bare' : 'full';
}

export function hasApiKey(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env['ANTHROPIC_API_KEY'] || env['ANTHROPIC_AUTH_TOKEN']);
}
