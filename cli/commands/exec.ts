import type { Command } from 'commander';
import type { ExecFlags } from '../exec/flags.ts';
import { addLimitOptions } from '../limit-options.ts';
import { addRunOptions, addScriptOptions } from '../run-options.ts';

/** `odw exec` (section 13.2): runs a workflow script, or resumes a run. `odw resume RUN` is `odw exec --resume RUN` (EXPL-01). */
export function registerExec(program: Command): void {
  const exec = program.command('exec').description('run a workflow script, or resume a run');
  addScriptOptions(exec, 'workflow script; required unless --resume').option('--resume <id>', 'resume a run by its id, or "latest"');
  addExecOptions(exec, 'with --resume: ').action((flags: ExecFlags) => start(flags));

  const resume = program.command('resume').description('resume a run: the same as exec --resume').argument('<run>', 'id of the run, or "latest"');
  addScriptOptions(resume, 'workflow script (default: the recorded one, read anew)');
  addExecOptions(resume, '').action((run: string, flags: ExecFlags) => start({ ...flags, resume: run }));
}

// `when` stands before what is about a resume.
function addExecOptions(command: Command, when: string): Command {
  command
    .option('--rebuild-state', `${when}write a state.json that cannot be parsed anew from history`)
    .option('--explain', `${when}tell for each node whether it would run again, and why; run nothing`)
    .option('--rerun <node>', `${when}run this node again (label, key or "failed"); may be repeated`, collect)
    .option('--server-lost', `${when}the server that had the run is gone for good; go on from its folder`)
    .option('--from-phase <title>', `${when}run the nodes of this phase and of those after it again`);
  return addLimitOptions(addRunOptions(command, 'mock; on resume the recorded one'))
    .option('--node-bin <path>', 'accepted for compatibility; ignored')
    .option('--json', 'print the final result only, as one JSON line')
    .option('--json-envelope', 'print one JSON line with run id, status and result')
    .option('--open', 'open the report when the run has ended')
    .option('--no-report', 'write no report.html')
    .option('--dry-run', 'print the command with all effective options and stop');
}

async function start(flags: ExecFlags): Promise<void> {
  const { exec } = await import('../exec/exec.ts');
  process.exitCode = await exec(flags);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
