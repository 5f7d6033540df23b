import { devNull } from 'node:os';

/** Variables of git that say where the user's settings and credentials are. All others would redirect a command or change what it prints. */
const kept =
  /^GIT_(EXEC_PATH|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+|PARAMETERS)|SSH\w*|ASKPASS|SSL_\w+|HTTP_\w+|PROXY\w*|LFS_\w+|ALLOW_PROTOCOL|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)$/;

/** The caller's environment without what would redirect git (GIT_DIR, GIT_INDEX_FILE, …), with untranslated messages and no questions asked. */
export function gitEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && (!name.startsWith('GIT_') || kept.test(name))) result[name] = value;
  return { ...result, LANGUAGE: 'en', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_ATTR_NOSYSTEM: '1' };
}

/** Settings that a user may have and that would change what is checked out, captured or printed. `-c` wins over every file. */
const overrides = {
  'core.hooksPath': devNull,
  'core.attributesFile': devNull,
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.splitIndex': 'false',
  'core.autocrlf': 'false',
  'core.safecrlf': 'false',
  'core.eol': 'native',
  'core.quotePath': 'false',
  'core.checkStat': 'default',
  'core.trustctime': 'true',
  'core.ignoreStat': 'false',
  'core.bigFileThreshold': '512m',
  // HEAD's log is how commits are found that the agent left behind; off by default in a bare repository.
  'core.logAllRefUpdates': 'true',
  // Captured objects must be on disk before the tree goes.
  'core.fsync': 'objects,reference',
  'core.fsyncMethod': 'batch',
  'index.sparse': 'false',
  'color.ui': 'false',
  'commit.gpgSign': 'false',
  'submodule.recurse': 'false',
  'add.ignoreErrors': 'false',
  'apply.whitespace': 'nowarn',
  'apply.ignoreWhitespace': 'no',
  'diff.orderFile': devNull,
  'diff.suppressBlankEmpty': 'false',
  'diff.indentHeuristic': 'true',
  'log.showSignature': 'false',
  'log.mailmap': 'false',
  'i18n.commitEncoding': 'UTF-8',
  'i18n.logOutputEncoding': 'UTF-8',
  'gc.auto': '0',
  'maintenance.auto': 'false',
};

// A repository on a disk without modes has these off; a worktree on Linux or macOS has them.
const posixOverrides = { 'core.fileMode': 'true', 'core.symlinks': 'true' };

/** The `-c name=value` arguments that go before every git command. */
export const gitOverrides: readonly string[] = Object.entries({ ...overrides, ...(process.platform === 'win32' ? {} : posixOverrides) }).flatMap(
  ([name, value]) => ['-c', `${name}=${value}`],
);
