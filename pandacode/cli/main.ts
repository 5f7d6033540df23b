import { isOdwError } from '../../src/errors/error.ts';
import { failureOf } from '../errors/failure.ts';
import { printObject } from '../report/print.ts';
import { buildProgram } from './program.ts';

/** Runs one command. Errors become an error report on stdout with `--json`, else text on stderr. @returns the exit code */
export async function main(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const compact = argv.includes('--json');
  const outcome = { exitCode: 0 };
  try {
    const program = buildProgram(env, outcome);
    await program.parseAsync(argv, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    const exit = commanderExit(error);
    if (exit?.code === 0) return 0;
    const isUsage = exit !== undefined || (isOdwError(error) && error.exitCode === 2);
    const failure = exit ? { ...failureOf(error), category: 'invalid_request', message: exit.message, retryable: false } : failureOf(error);
    const exitCode = isUsage ? 2 : 1;
    if (compact) await printObject({ ok: false, state: 'failed', exit_code: exitCode, error: failure }, true);
    else process.stderr.write(`pandacode: ${failure.message}\n${failure.next_action && !exit ? `${failure.next_action}\n` : ''}`);
    return exitCode;
  }
}

/** commander throws where it would end the process: after help and version (code 0) and on wrong arguments. */
function commanderExit(error: unknown): { code: number; message: string } | undefined {
  const it = error as { code?: unknown; exitCode?: unknown; message?: unknown };
  if (typeof it?.code !== 'string' || !it.code.startsWith('commander.') || typeof it.exitCode !== 'number') return undefined;
  return { code: it.code === 'commander.help' ? 2 : it.exitCode, message: String(it.message).replace(/^error: /, '') };
}
