import { Command, CommanderError } from 'commander';
import { printError } from '../../cli/print-error.ts';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs commands in this process as the odw program does, and collects what they print. Not for two at once. */
export async function runCommand(register: (program: Command) => void, argv: string[]): Promise<CommandResult> {
  const result = { code: 0, stdout: '', stderr: '' };
  const write = { stdout: process.stdout.write, stderr: process.stderr.write };
  const program = new Command('odw')
    .exitOverride()
    .configureOutput({ writeOut: (text) => (result.stdout += text), writeErr: (text) => (result.stderr += text) });
  register(program);
  const all = (command: Command): Command[] => command.commands.flatMap((child) => [child, ...all(child)]);
  for (const command of all(program)) command.exitOverride().copyInheritedSettings(program);
  process.stdout.write = (text: string) => ((result.stdout += text), true);
  process.stderr.write = (text: string) => ((result.stderr += text), true);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    result.code = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : printError(error, (text) => (result.stderr += text));
  } finally {
    Object.assign(process.stdout, { write: write.stdout });
    Object.assign(process.stderr, { write: write.stderr });
  }
  return result;
}
