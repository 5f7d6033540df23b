import type { Command } from 'commander';

/** Adds `odw skills list|show`: the texts that the option `skills` adds to prompts. */
export function registerSkills(program: Command): void {
  const skills = program.command('skills').description('rules for agents that scripts name with the option skills');

  skills
    .command('list')
    .description('show the skills that a project can use: id, where it is from, first line')
    .option('--path <dir>', 'project directory', '.')
    .option('--json', 'print one JSON object')
    .action(async (flags: { path: string; json?: boolean }) => (await import('../skills/list.ts')).list(flags));

  skills
    .command('show <id>')
    .description('print the text of one')
    .option('--path <dir>', 'project directory', '.')
    .option('--json', 'print one JSON object')
    .action(async (id: string, flags: { path: string; json?: boolean }) => (await import('../skills/show.ts')).show(id, flags));
}
