import type { Command } from 'commander';
import pkg from '../../package.json' with { type: 'json' };
import { printJson, printText } from '../print.ts';

/** Adds `odw spec`, `capabilities`, `contract`, `guide` and `skill`: what this odw is and how to write for it (section 16.2). */
export function registerInfo(program: Command): void {
  program
    .command('spec')
    .description('print the script contract and the type declarations as JSON')
    .option('--json', 'the same: this command prints nothing else')
    .action(async () => {
      const [{ specInfo }, { readPackageFile }] = await Promise.all([import('../../src/info/spec.ts'), import('../package-files.ts')]);
      print(specInfo({ version: pkg.version, typesDts: readPackageFile('types/odw.d.ts'), commands: commandNames(program) }));
    });
  program
    .command('capabilities')
    .description('print what this odw can do as JSON')
    .option('--json', 'the same: this command prints nothing else')
    .action(async () => {
      const { capabilitiesInfo } = await import('../../src/info/capabilities.ts');
      print(capabilitiesInfo({ commands: commandNames(program) }));
    });

  const texts = [
    ['contract', 'print what a workflow script may use and how it must behave', 'contractText'],
    ['guide', 'print how to write and run workflows', 'guideText'],
    ['skill', 'print the guide as a skill file for agents', 'skillText'],
  ] as const;
  for (const [name, description, text] of texts) {
    program
      .command(name)
      .description(description)
      .option('--json', 'print one JSON object with the text in it')
      .action(async (flags: { json?: boolean }) => {
        const [guide, { readPackageFile }] = await Promise.all([import('../../src/guide/assemble.ts'), import('../package-files.ts')]);
        const markdown = guide[text](readPackageFile);
        if (flags.json) printJson(JSON.stringify({ ok: true, name, version: pkg.version, markdown }));
        else printText(markdown);
      });
  }
}

/** Names of all commands that do something: `exec`, `runs list`. */
export function commandNames(program: Command, above = ''): string[] {
  return program.commands.flatMap((command) =>
    command.commands.length > 0 ? commandNames(command, `${above}${command.name()} `) : [`${above}${command.name()}`],
  );
}

function print(value: object): void {
  printJson(JSON.stringify(value, null, 2));
}
