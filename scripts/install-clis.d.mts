/** Where the CLIs that the tests drive are; undefined = not installed. */
export function findClis(env?: NodeJS.ProcessEnv): Record<'claude' | 'codex' | 'claude-agent-acp', string | undefined>;

/** The folder that they are installed into. */
export function cacheFolder(env?: NodeJS.ProcessEnv): string;

/** The tested versions by package. */
export const pins: Record<string, string>;
