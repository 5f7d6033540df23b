import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { isProtected, isProtectedName, shownPath, type Boundary } from './protected-paths.ts';
import { refusedWhenLimited } from './limited-commands.ts';
import { shellCommands, type ShellCommand } from './shell-words.ts';

const shells = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish']);
const wrappers = new Set([
  'env',
  'command',
  'exec',
  'nohup',
  'nice',
  'ionice',
  'time',
  'timeout',
  'stdbuf',
  'setsid',
  'xargs',
  'builtin',
  'then',
  'do',
  'else',
  'if',
  'while',
  '!',
]);
const ends = new Set(['shutdown', 'reboot', 'halt', 'poweroff']);
const decoders = /^-{1,2}(?:d|D|decode)$/;

/**
 * Why a shell line is refused, or undefined. It guards against accidents: it is no sandbox, and a determined program
 * gets around it.
 */
export function refusedCommand(line: string, boundary: Boundary, permission: 'max' | 'limited', depth = 0): string | undefined {
  const commands = shellCommands(line);
  for (const [at, command] of commands.entries()) {
    const words = withoutWrappers(command.words);
    const refusal =
      dangerous(words, command, boundary) ??
      pipedIntoShell(words, command, commands[at + 1]) ??
      nestedShell(words, boundary, permission, depth) ??
      namesProtected(command, boundary) ??
      (permission === 'limited' ? refusedWhenLimited(words, command) : undefined);
    if (refusal) return refusal;
  }
  return undefined;
}

/** The words of the real command, without assignments and programs that only start another one. */
export function withoutWrappers(words: string[]): string[] {
  let rest = words;
  for (;;) {
    const first = rest[0];
    if (first === undefined) return rest;
    if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(first)) rest = rest.slice(1);
    else if (wrappers.has(programName(first)) && rest.length > 1) {
      const isTimed = programName(first) === 'timeout' || programName(first) === 'xargs';
      rest = rest.slice(1);
      while (rest[0]?.startsWith('-') || (isTimed && /^\d/.test(rest[0] ?? ''))) rest = rest.slice(1);
    } else return [programName(first), ...rest.slice(1)];
  }
}

function programName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

function dangerous(words: string[], command: ShellCommand, boundary: Boundary): string | undefined {
  const [program = '', ...args] = words;
  const has = (...flags: string[]) => args.some((arg) => flags.includes(arg));
  const short = (letter: string) => args.some((arg) => /^-[A-Za-z]+$/.test(arg) && arg.includes(letter));
  const recursive = short('r') || short('R') || has('--recursive');
  const sub = args.find((arg) => !arg.startsWith('-'));
  switch (program) {
    case 'sudo':
    case 'doas':
      return `${program} is not allowed`;
    case 'su':
      return has('-', '-l', '--login') || args.length === 0 ? 'su is not allowed' : undefined;
    case 'git':
      if (words.includes('reset') && has('--hard')) return 'git reset --hard throws work away';
      if (words.includes('clean') && (short('f') || has('--force'))) return 'git clean with force throws work away';
      return setsProgram(args) ? 'a setting that has git run a program later is not allowed' : undefined;
    case 'rm':
      return recursive && args.some((arg) => isWide(arg, boundary)) ? 'this would remove far more than a part of the workspace' : undefined;
    case 'find': {
      const deletes = has('-delete') || args.some((arg, at) => /^-(?:exec|execdir|ok)$/.test(arg) && programName(args[at + 1] ?? '') === 'rm');
      const narrows = args.some((arg) => /^-(?:i?name|i?path|i?regex|empty|newer|mtime|size)$/.test(arg));
      return deletes && !narrows && (sub === undefined || isWide(sub, boundary)) ? 'this would remove far more than a part of the workspace' : undefined;
    }
    case 'dd':
      return args.some((arg) => /^of=\/dev\/(?!null$|stdout$|stderr$)/.test(arg)) ? 'dd onto a device is not allowed' : undefined;
    case 'chmod':
      return recursive && args.some((arg) => /^0?777$/.test(arg)) && has('/', '/*') ? 'chmod -R 777 / is not allowed' : undefined;
    case 'chown':
    case 'chgrp':
      return recursive && args.slice(1).some((arg) => !arg.startsWith('-') && isOutside(arg, boundary))
        ? 'recursive chown outside the workspace is not allowed'
        : undefined;
    case 'docker':
    case 'podman':
      return words.includes('prune') ? `${program} prune is not allowed` : undefined;
    case 'kill':
      return args.at(-1) === '-1' && args.length > 0 ? 'kill -1 would end every process' : undefined;
    case 'pkill':
      return short('f') || has('--full') ? 'pkill -f may end processes of others' : undefined;
    case 'killall':
    case 'killall5':
      return 'killall may end processes of others';
    case 'base64':
      return args.some((arg) => decoders.test(arg)) && writesFile(command) ? 'base64 decoded into a file is not allowed' : undefined;
  }
  if (program.startsWith('mkfs')) return 'mkfs is not allowed';
  if (ends.has(program) || (program === 'systemctl' && ends.has(sub ?? ''))) return `${program} is not allowed`;
  return undefined;
}

// Settings by which git, also that of the next person or program, runs something.
const programSettings =
  /^(?:core\.(?:hookspath|fsmonitor|sshcommand|editor|pager|askpass|gitproxy)|alias\..*|credential\.(?:.*\.)?helper|diff\.external|(?:diff|filter|merge|difftool|mergetool)\..*\.(?:command|textconv|clean|smudge|process|driver|cmd)|gpg\.(?:.*\.)?program|sequence\.editor|include(?:if\..*)?\.path)$/i;

function setsProgram(args: string[]): boolean {
  const at = args.indexOf('config');
  if (at < 0 || args.some((arg) => /^--(?:get|unset|list|get-all|get-regexp|show-origin)/.test(arg))) return false;
  const rest = args.slice(at + 1).filter((arg) => !arg.startsWith('-'));
  const [name = '', value] = rest[0] === 'set' ? rest.slice(1) : rest;
  return value !== undefined && programSettings.test(name);
}

function writesFile(command: ShellCommand): boolean {
  return command.pipes || command.files.some((file) => !file.startsWith('/dev/') && file !== '' && !/^\d$/.test(file));
}

function pipedIntoShell(words: string[], command: ShellCommand, next: ShellCommand | undefined): string | undefined {
  if (!command.pipes || !next || !['curl', 'wget'].includes(words[0] ?? '')) return undefined;
  return shells.has(withoutWrappers(next.words)[0] ?? '') || withoutWrappers(next.words)[0] === 'sudo' ? `${words[0]} into a shell is not allowed` : undefined;
}

// `sh -c "…"` and `eval …` are looked into.
function nestedShell(words: string[], boundary: Boundary, permission: 'max' | 'limited', depth: number): string | undefined {
  const [program = '', ...args] = words;
  if (depth > 4) return 'the command is nested too deeply to be checked';
  if (program === 'eval') return refusedCommand(args.join(' '), boundary, permission, depth + 1);
  if (!shells.has(program)) return undefined;
  const at = args.findIndex((arg) => /^-[A-Za-z]*c$/.test(arg));
  const inner = at < 0 ? undefined : args[at + 1];
  if (inner === undefined) return undefined;
  return /\b(?:curl|wget)\b/.test(inner) && /^\$\(|^`/.test(inner.trim())
    ? 'a download into a shell is not allowed'
    : refusedCommand(inner, boundary, permission, depth + 1);
}

function namesProtected(command: ShellCommand, boundary: Boundary): string | undefined {
  for (const word of [...command.words, ...command.files]) {
    for (const part of pathsIn(word)) if (isProtectedWord(part, boundary)) return `${part} is protected`;
  }
  return undefined;
}

/** What of a word may be a path: all of it, what follows `=`, `@` or `:`. */
function pathsIn(word: string): string[] {
  if (word.includes('://')) return [];
  return [word, ...word.split(/[=:@,]/).slice(1)].filter((part) => part !== '' && !/\s/.test(part));
}

function isProtectedWord(word: string, boundary: Boundary): boolean {
  const plain = word.replace(/^~(?=\/|$)/, homedir()).replace(/^\$\{?HOME\}?/, homedir());
  const path = isAbsolute(plain) ? resolve(plain) : resolve(boundary.workspace, plain);
  const shown = shownPath(path, boundary.workspace);
  if (/^\/proc\/[^/]+\/(?:task\/[^/]+\/)?(?:environ|mem)$/.test(path)) return true;
  if (path === boundary.stateDir || path.startsWith(`${boundary.stateDir}/`)) return true;
  if (!shown.startsWith('..')) {
    if (isProtected(shown)) return true;
  } else if (path.split('/').includes('.ssh') || isProtectedName(path.slice(path.lastIndexOf('/') + 1))) return true;
  return isGlobFor(word.slice(word.lastIndexOf('/') + 1));
}

// A pattern such as `.e*` stands for protected names too.
function isGlobFor(name: string): boolean {
  if (!/[*?[]/.test(name) || name.replace(/[*?[\]]/g, '').length < 2) return false;
  const pattern = name
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    const regex = new RegExp(`^${pattern}$`);
    return ['.env', '.env.local', '.env.production', 'id_rsa', 'id_ed25519'].some((secret) => regex.test(secret));
  } catch {
    return false;
  }
}

function isWide(arg: string, boundary: Boundary): boolean {
  if (arg.startsWith('-')) return false;
  const plain = arg.replace(/^\$\{?(?:HOME|PWD)\}?/, (name) => (name.includes('PWD') ? boundary.workspace : homedir())).replace(/^~(?=\/|$)/, homedir());
  if (/^(?:\.\/|\/)?\*$/.test(plain) || plain === '.*' || plain.startsWith('~')) return true;
  const path = resolve(boundary.workspace, plain.replace(/\/\*$/, ''));
  return path === '/' || boundary.workspace === path || boundary.workspace.startsWith(`${path}/`) || path === homedir();
}

function isOutside(arg: string, boundary: Boundary): boolean {
  return shownPath(resolve(boundary.workspace, arg.replace(/^~(?=\/|$)/, homedir())), boundary.workspace).startsWith('..');
}
