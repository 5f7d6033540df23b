import { type Command, Option } from 'commander';
import { dialectName } from '../../schemas/script.ts';
import type { LintFlags } from '../lint/lint.ts';

/** Adds `odw lint`: looks for mistakes in scripts without running them. Exit 1 when one has an error; hints alone are 0 (LINT-01). */
export function registerLint(program: Command): void {
  program
    .command('lint')
    .description('look for mistakes in workflow scripts without running them')
    .argument('<file...>', 'workflow scripts')
    .option('--path <dir>', 'project directory', '.')
    .addOption(new Option('--dialect <name>', 'look with the rules of this dialect, whatever the script says').choices(dialectName.options))
    .option('--estimate', 'also play each script on the mock backend, count its nodes, and tell what a real run would take; records nothing')
    .option('--input <text>', 'input of the played script: JSON, or plain text')
    .option('--model <name>', 'with --estimate: the model of nodes that name none')
    .option('--provider <name>', 'with --estimate: the run-wide bamboo provider')
    .option('--rates <file>', 'with --estimate: prices of models, before those of the project and of ODW_HOME (default: ODW_RATES)')
    .option('--json', 'print one JSON object')
    .action(async (files: string[], flags: LintFlags) => {
      const { lint } = await import('../lint/lint.ts');
      process.exitCode = await lint(files, flags);
    });
}
