import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { OdwError } from '../../src/errors/error.ts';
import { printJson, printText } from '../print.ts';

export interface PreviewOptions {
  /** Project directory, as given. */
  path: string;
  script: string;
  /** Input text, as given; absent = none. */
  input?: string;
}

export interface ReportDependencies {
  /** Makes a mock run of a script, marked as preview, and resolves when it has ended, whatever the outcome. */
  previewRun(options: PreviewOptions): Promise<{ runDir: string; runId: string }>;
}

interface ReportFlags {
  path: string;
  script?: string;
  run?: string;
  input?: string;
  out?: string;
  open?: boolean;
  json?: boolean;
}

const NO_RUN = 'mock run produced no run_id:';

/** Adds `odw report`: one HTML file of a run, or of a mock run of a script (CLI-17 to CLI-19). Prints its path. */
export function registerReport(program: Command, dependencies: ReportDependencies): void {
  program
    .command('report')
    .description('write the HTML report of a run and print its path')
    .option('--path <dir>', 'project directory', '.')
    .addOption(new Option('--run <run>', 'run id, or latest (the default)').conflicts('script'))
    .option('--script <file>', 'make a mock run of this script and report that; never becomes the latest run')
    .option('--input <json>', 'input of the mock run')
    .option('--out <file>', 'where to write; default report.html in the run folder')
    .option('--open', 'open the report')
    .option('--json', 'print one JSON object')
    .addOption(new Option('--node-bin <bin>', 'accepted and ignored').hideHelp())
    .action(async (flags: ReportFlags) => {
      const [{ findRunFolder }, { writeReport }] = await Promise.all([import('../run-folder.ts'), import('../write-report.ts')]);
      const dir = flags.script === undefined ? findRunFolder(flags.path, flags.run ?? 'latest').dir : await preview(flags, flags.script, dependencies);
      const path = await writeReport(dir, flags.out === undefined ? undefined : resolve(flags.out));
      if (flags.json) printJson(JSON.stringify({ ok: true, run_id: basename(dir), report: path }));
      else printText(`${path}\n`);
      if (flags.open) (await import('../exec/open-report.ts')).openReport(path);
    });
}

async function preview(flags: ReportFlags, script: string, { previewRun }: ReportDependencies): Promise<string> {
  try {
    return (await previewRun({ path: flags.path, script, ...(flags.input === undefined ? {} : { input: flags.input }) })).runDir;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new OdwError('report-failed', message.startsWith(NO_RUN) ? message : `${NO_RUN} ${message}`, { cause });
  }
}
