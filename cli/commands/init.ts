import type { Command } from 'commander';
import { printJson, printText } from '../print.ts';

/** Adds `odw init` (LIB-06): optional files that help people and agents to write workflows. What is there stays as it is. */
export function registerInit(program: Command): void {
  program
    .command('init')
    .description('put a skill for agents, types for editors and a sample workflow into the project; overwrites nothing')
    .option('--path <dir>', 'project directory', '.')
    .option('--json', 'print one JSON object')
    .action(async (flags: { path: string; json?: boolean }) => {
      const [{ initProject }, { resolveRoot }] = await Promise.all([import('../init/init.ts'), import('../exec/source.ts')]);
      const root = resolveRoot(flags.path);
      const { created, kept } = initProject(root);
      if (flags.json) printJson(JSON.stringify({ root, created, kept }));
      else printText([...created.map((path) => `created ${path}\n`), ...kept.map((path) => `kept ${path}\n`)].join(''));
    });
}
