import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { buildProgram } from '../../pandacode/cli/program.ts';
import { repository } from './markdown.ts';

/** The commands as they are built: odw from the files in cli/commands, pandacode as a whole. */
export async function loadPrograms(): Promise<Record<'odw' | 'pandacode', Command>> {
  const odw = new Command('odw').version('0');
  const folder = join(repository, 'cli/commands');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const module = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
    for (const [name, register] of Object.entries(module)) {
      // Commands that need parts of others get none: they are only looked at.
      if (/^register[A-Z]/.test(name) && typeof register === 'function') (register as (program: Command, parts: object) => void)(odw, {});
    }
  }
  return { odw, pandacode: buildProgram({}, { exitCode: 0 }) };
}

/** All flags of a command and of those below it, long and short. */
export function allFlags(command: Command): Set<string> {
  const own = command.options.flatMap((option) => [option.long, option.short].filter((flag) => flag != null));
  return new Set([...own, '--help', '-h', ...command.commands.flatMap((child) => [...allFlags(child)])]);
}

/**
 * What is wrong with a command line that a page shows; undefined when nothing is.
 *
 * @param words the words after the program's name, up to the end of the command
 */
export function problemOf(program: Command, words: string[]): string | undefined {
  let command = program;
  let mayDescend = true;
  for (const word of words) {
    if (word.startsWith('-')) {
      if (!isFlagOf(command, word)) return `${fullName(command)} has no flag ${word}`;
      continue;
    }
    const child = mayDescend ? command.commands.find((one) => one.name() === word || one.aliases().includes(word)) : undefined;
    if (child) command = child;
    else if (mayDescend && command.commands.length > 0 && !takesArguments(command)) {
      // `odw runs list|show` names two commands at once.
      const names = word.split('|');
      const unknown = names.find((name) => !command.commands.some((one) => one.name() === name));
      if (names.length === 1 || unknown !== undefined) return `${fullName(command)} has no command ${unknown ?? word}`;
      return undefined;
    } else mayDescend = false;
  }
  return undefined;
}

function isFlagOf(command: Command, word: string): boolean {
  const flag = word.replace(/=.*$/, '');
  if (flag === '--help' || flag === '-h') return true;
  return command.options.some((option) => option.long === flag || option.short === flag);
}

function takesArguments(command: Command): boolean {
  return command.registeredArguments.length > 0;
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** Command lines of odw and pandacode inside a text: each as its program and the words that follow. */
export function commandsIn(text: string): { program: 'odw' | 'pandacode'; words: string[]; shown: string }[] {
  const found = text.matchAll(/(?:^|[\s(`])(?:npx )?(odw|pandacode) ((?:[a-z]|-)[^\n`#;&]*)/gm);
  return [...found].map((match) => {
    const words = match[2]!
      .replace(/[[\]]/g, ' ')
      .split(/\s+/)
      .map((word) => word.replace(/[.,:…)]+$/, ''))
      .filter((word) => word !== '');
    return { program: match[1] as 'odw' | 'pandacode', words: words.map((word) => word.replace(/^["']|["']$/g, '')), shown: match[0].trim() };
  });
}
