import type { Command } from 'commander';
import type { ExecFlags } from '../exec/flags.ts';
import { addLimitOptions } from '../limit-options.ts';
import { addRunOptions, addScriptOptions } from '../run-options.ts';

/** `odw exec` (section 13.2): runs a workflow script, or resumes a run. */
export function registerExec(program: Command): void {
  const exec = program.command('exec').description('run a workflow script, or resume a run');
  addScriptOptions(exec, 'workflow script; required unless --resume')
    .option('--resume <id>', 'resume a run by its id, or "latest"')
    .option('--rebuild-state', 'with --resume: write a state.json that cannot be parsed anew from history');
  exec
    .option('--explain', 'with --resume: tell for each node whether it would run again, and why; run nothing')
    .option('--rerun <node>', 'with --resume: run this node again (label, key or "failed"); may be repeated', collect)
    .option('--server-lost', 'with --resume: the server that had the run is gone for good; go on from its folder')
    .option('--from-phase <title>', 'with --resume: run the nodes of this phase and of those after it again');
  addLimitOptions(addRunOptions(exec, 'mock; on resume the recorded one'))
    .option('--node-bin <path>', 'accepted for compatibility; ignored')
    .option('--json', 'print the final result only, as one JSON line')
    .option('--json-envelope', 'print one JSON line with run id, status and result')
    .option('--open', 'open the report when the run has ended')
    .option('--no-report', 'write no report.html')
    .option('--dry-run', 'print the command with all effective options and stop')
    .action(async (flags: ExecFlags) => {
      const { exec: run } = await import('../exec/exec.ts');
      process.exitCode = await run(flags);
    });
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
