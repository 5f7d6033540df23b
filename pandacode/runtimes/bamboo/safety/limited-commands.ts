import type { ShellCommand } from './shell-words.ts';

const never = new Set(['curl', 'wget', 'npx', 'pnpx', 'dlx', 'bunx', 'uvx', 'rustup', 'nohup', 'setsid', 'disown']);
const deletes = new Set(['rmdir', 'shred', 'unlink']);
// Programs that fetch and install packages, with the words that make them do so.
const installs: Record<string, RegExp> = {
  npm: /^(?:i|in|ins|install|add|ci|update|upgrade|exec|x|create|init)$/,
  pnpm: /^(?:i|install|add|update|up|dlx|create)$/,
  yarn: /^(?:install|add|up|upgrade|dlx|create|global)$/,
  bun: /^(?:i|install|add|update|x|create)$/,
  pip: /^(?:install|download)$/,
  pip3: /^(?:install|download)$/,
  pipx: /^(?:install|run|upgrade|inject)$/,
  poetry: /^(?:install|add|update)$/,
  uv: /^(?:add|sync|pip|tool|run|python)$/,
  cargo: /^(?:install|add|update|fetch)$/,
  go: /^(?:install|get)$/,
  gem: /^(?:install|update)$/,
  bundle: /^(?:install|add|update)$/,
  composer: /^(?:install|require|update|global)$/,
  brew: /^(?:install|upgrade|tap|reinstall)$/,
  apt: /^(?:install|update|upgrade|full-upgrade|dist-upgrade)$/,
  'apt-get': /^(?:install|update|upgrade|dist-upgrade)$/,
};

/** Why permission `limited` refuses a command: network, installs, background shells, and deletes of folders. */
export function refusedWhenLimited(words: string[], command: ShellCommand): string | undefined {
  const [program = '', ...args] = words;
  const why = (what: string) => `permission limited does not allow ${what}`;
  if (command.background) return why('commands in the background');
  if (never.has(program)) return why(program);
  if (command.words.some((word) => word === 'nohup' || word === 'setsid')) return why('commands in the background');
  const verb = args.find((arg) => !arg.startsWith('-'));
  if (verb !== undefined && installs[program]?.test(verb)) return why(`${program} ${verb}`);
  if (program === 'yarn' && verb === undefined) return why('yarn install');
  if (/^python\d?(?:\.\d+)?$/.test(program) && args[0] === '-m' && /^(?:pip|pipx|ensurepip)$/.test(args[1] ?? '')) return why('package installs');
  const recursive = args.some((arg) => /^-[A-Za-z]*[rRd]/.test(arg) || arg === '--recursive' || arg === '--dir');
  if ((program === 'rm' && recursive) || deletes.has(program)) return why('recursive or directory deletes');
  if (program === 'find' && (args.includes('-delete') || args.some((arg, at) => /^-(?:exec|execdir|ok)$/.test(arg) && args[at + 1]?.endsWith('rm')))) {
    return why('recursive or directory deletes');
  }
  return program === 'git' && verb === 'rm' && recursive ? why('recursive or directory deletes') : undefined;
}
