import { Command } from 'commander';
import { registerServer } from '../../../cli/commands/server.ts';
import { isOdwError } from '../../../src/errors/error.ts';

// The server commands alone, so that their test does not depend on the rest of the command line.
const program = new Command('odw');
registerServer(program);
try {
  await program.parseAsync();
} catch (error) {
  if (!isOdwError(error)) throw error;
  process.stderr.write(`${error.slug}: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
