import { usageError } from '../../errors/raise.ts';
import { findProgram } from '../../process/find-program.ts';

/** How an agent counts tokens. The protocol leaves it open. */
export type UsageHabit =
  /** In the answer to a prompt, for all model calls of the turn. */
  | 'turn'
  /** In the answer to a prompt, for the last model call only. */
  | 'last_call'
  /** In updates, one for each model call. */
  | 'updates';

/** One agent that speaks the Agent Client Protocol over stdio. */
export interface AcpAgent {
  name: string;
  /** How it is started. */
  command: readonly string[];
  /** How it is started with permission `limited`, when that differs. */
  limitedCommand?: readonly string[];
  /** Variables that it gets besides the allow-list; `*` is allowed. */
  env: readonly string[];
  /** Variables that are set for it, unless they are set already. */
  set?: Readonly<Record<string, string>>;
  /** The same for permission `limited` alone. */
  limitedSet?: Readonly<Record<string, string>>;
  /** Ids of its modes by permission, best first. */
  modes?: { max: readonly string[]; limited: readonly string[] };
  usage?: UsageHabit;
  /** What it is told when it wants a login and one of these variables is set. */
  login?: { method: string; variables: readonly string[] };
}

const openAi = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_MODEL'];

/** The agents that are known by name, in the order in which they are looked for. */
export const acpAgents: readonly AcpAgent[] = [
  {
    name: 'opencode',
    command: ['opencode', 'acp'],
    env: ['OPENCODE_*', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'DEEPSEEK_API_KEY', ...openAi],
    // It may hang on a question about a path outside of the workspace that nobody hears.
    set: { OPENCODE_PERMISSION: '{"*":"allow"}', OPENCODE_DISABLE_AUTOUPDATE: '1' },
    limitedSet: { OPENCODE_PERMISSION: '{"edit":"ask","bash":"ask","webfetch":"ask","external_directory":"ask"}', OPENCODE_DISABLE_AUTOUPDATE: '1' },
    modes: { max: ['build'], limited: ['build'] },
    usage: 'last_call',
  },
  {
    name: 'qwen',
    command: ['qwen', '--acp'],
    env: ['QWEN_*', 'DASHSCOPE_API_KEY', ...openAi],
    modes: { max: ['yolo'], limited: ['default'] },
    usage: 'updates',
  },
  {
    name: 'copilot',
    command: ['copilot', '--acp', '--allow-all'],
    limitedCommand: ['copilot', '--acp'],
    env: ['COPILOT_*', 'GH_TOKEN', 'GITHUB_TOKEN'],
    usage: 'turn',
  },
  {
    name: 'gemini',
    command: ['gemini', '--acp'],
    env: ['GEMINI_*', 'GOOGLE_*'],
    modes: { max: ['yolo'], limited: ['default'] },
  },
  // Its environment follows the rules of the claude runtime.
  {
    name: 'claude-agent-acp',
    command: ['claude-agent-acp'],
    env: ['CLAUDE_CODE_EXECUTABLE'],
    modes: { max: ['bypassPermissions', 'default'], limited: ['default'] },
    usage: 'turn',
  },
  {
    name: 'codex-acp',
    command: ['codex-acp'],
    env: ['CODEX_API_KEY', 'CODEX_HOME', 'CODEX_PATH', 'CODEX_CONFIG', 'MODEL_PROVIDER', 'DEFAULT_AUTH_REQUEST', ...openAi],
    modes: { max: ['agent-full-access'], limited: ['agent'] },
    usage: 'turn',
    login: { method: 'api-key', variables: ['CODEX_API_KEY', 'OPENAI_API_KEY'] },
  },
];

/**
 * The agent that is meant: a name of the table, else a command line (one that starts a known agent has its habits),
 * else, when nothing is named, the first of the table that is installed. Undefined: none is.
 */
export function chooseAgent(named: string | undefined, env: NodeJS.ProcessEnv): AcpAgent | undefined {
  const wanted = named?.trim();
  if (!wanted) return acpAgents.find((agent) => findProgram(agent.command[0]!, env));
  const known = acpAgents.find((agent) => agent.name === wanted);
  if (known) return known;
  const command = words(wanted);
  const programs = command.slice(0, 2).map((word) =>
    word
      .split('/')
      .at(-1)
      ?.replace(/\.(?:[cm]?js|exe)$/, ''),
  );
  const like = acpAgents.find((agent) => programs.includes(agent.command[0]));
  return { ...(like ?? { env: [] }), name: like?.name ?? programs[0]!, command, limitedCommand: command };
}

/** Splits a command line at blanks; single and double quotes hold a word together. No variables, no escapes. */
export function words(line: string): string[] {
  const found: string[] = [];
  const word = /\s*((?:"[^"]*"|'[^']*'|[^\s"'])+)/y;
  while (line.slice(word.lastIndex).trim()) {
    const match = word.exec(line);
    if (!match) throw usageError(`--agent ${JSON.stringify(line)} has a quote that is not closed`);
    found.push(match[1]!.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''));
  }
  return found;
}
