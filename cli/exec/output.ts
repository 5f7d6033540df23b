import { censusKinds, censusWords, type Census } from '../../src/journal/census.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import { eventLines } from '../../src/journal/lines.ts';
import { printJson, printText } from '../print.ts';
import type { Json } from '../../schemas/json.ts';
import type { RunClosing } from '../../temporal/run/closing.ts';
import type { ExecFlags } from './flags.ts';
import type { RunPlan } from './plan.ts';
import { shellQuote } from './shell-command.ts';

// Lines of a park, as src/journal/lines.ts writes them.
const tellsPark = /^\[run\] (parked|unparked|to go on:) /;

/** Where `odw exec` prints, by mode: lines for people, one JSON line, or one JSON envelope (CLI-11 to CLI-16). */
export class ExecOutput {
  /** True when a program reads the output. */
  readonly quiet: boolean;

  constructor(
    private readonly flags: Pick<ExecFlags, 'json' | 'jsonEnvelope'>,
    private readonly out: (text: string) => void = (text) => printText(text),
    private readonly err: (text: string) => void = (text) => printText(text, 'stderr'),
    private readonly json: (json: string) => void = printJson,
  ) {
    this.quiet = Boolean(flags.json ?? flags.jsonEnvelope);
  }

  /** A line for people on stdout. */
  line = (text: string): void => {
    if (!this.quiet) this.out(`${text}\n`);
  };

  /** A journal line. A program is told of a run that has parked: it may stand still for hours, or for good without its operator. */
  event = (text: string, stream: 'stdout' | 'stderr'): void => {
    if (!this.quiet) (stream === 'stderr' ? this.err : this.out)(`${text}\n`);
    else if (tellsPark.test(text)) this.err(`${text}\n`);
  };

  /** A record of the journal that another host writes. */
  record = (record: JournalRecord): void => {
    if (record.type !== 'script_stream') return;
    for (const line of typeof record.raw === 'string' ? [record.summary] : eventLines(record.raw)) this.event(line, record.stream);
  };

  /** Something the user should know that is no part of the run's output. */
  notice = (text: string): void => {
    if (!this.quiet) this.err(`[odw] ${text}\n`);
  };

  header(plan: RunPlan, eventsPath: string): void {
    this.line(`[odw] run_id=${plan.runId}`);
    this.line(`[odw] journal=${eventsPath}`);
    this.line(`[odw] script=${plan.scriptPath}`);
    this.line(`[odw] backend=${plan.options.backend}`);
    this.line(`[odw] ${shellQuote(plan.command)}`);
  }

  /** What would be run (CLI-10). */
  dryRun(plan: RunPlan): void {
    const shell = shellQuote(plan.command);
    this.line(shell);
    if (this.quiet) this.json(JSON.stringify({ ok: true, dry_run: true, command: plan.command, shell }));
  }

  /** The run's end. `report` is the path of a written report. */
  end(plan: RunPlan, closing: RunClosing, result: Json | undefined, report: string | undefined, census?: Census): void {
    const envelope = {
      run_id: plan.runId,
      status: closing.status,
      result: result ?? null,
      ...(closing.error ? { error: closing.error } : {}),
      ...(census ? { census } : {}),
      run_dir: plan.runDir,
      ...(report ? { report } : {}),
    };
    if (this.flags.jsonEnvelope) this.json(JSON.stringify(envelope));
    else if (this.flags.json) this.json(JSON.stringify(closing.error && result === undefined ? failureLine(plan.runId, closing.error) : (result ?? null)));
    if (closing.status === 'completed') {
      this.line(`[odw] completed run_id=${plan.runId}${failedNodes(census)}`);
      this.line(`[odw] logs: odw runs show ${plan.runId}`);
    }
    if (report) this.line(`[odw] report: ${report}`);
  }

  /** What a failed run ends with on stderr (CLI-08). */
  failureLine(plan: RunPlan, returnedNotOk = false): void {
    const journal = `${plan.runDir}/events.jsonl`;
    const reason = returnedNotOk ? 'ODW workflow returned ok:false' : 'ODW script exited with status exit status: 1';
    if (!this.quiet) this.err(`Error: ${reason}; journal: ${journal}\n`);
  }

  /** Why nodes of the run failed, a line each on stderr: the result says it too, but not where a person looks. */
  causes(lines: string[]): void {
    for (const line of lines) this.notice(`failed: ${line}`);
  }

  /** What a run ends with on stderr that a person stopped (CTRL-03). */
  stoppedLine(plan: RunPlan, message: string): void {
    const told = message === 'the run was stopped' ? `run ${plan.runId} was stopped` : message;
    if (!this.quiet) this.err(`Error: ${told}; its finished nodes are kept. Go on with: odw exec --path ${plan.root} --resume ${plan.runId}\n`);
  }

  /** A failure before or outside of the run (CLI-12). */
  failure(runId: string | null, error: { category: string; message: string; next?: string }, people: () => void): void {
    if (this.quiet) this.json(JSON.stringify(failureLine(runId, error)));
    else people();
  }
}

// How nodes failed of a run that completed all the same, for its script took it; stopped and skipped ones did not fail.
function failedNodes(census: Census | undefined): string {
  if (!census) return '';
  const nodes = Object.values(census).reduce((sum, count) => sum + count, 0);
  const kinds = censusKinds.filter((kind) => census[kind] > 0 && !['ok', 'cached', 'stopped', 'skipped'].includes(kind));
  const counts = kinds.sort((a, b) => census[b] - census[a]).map((kind) => `${census[kind]} ${censusWords[kind] ?? kind}`);
  return counts.length === 0 ? '' : ` (${counts.join(', ')} of ${nodes} ${nodes === 1 ? 'node' : 'nodes'})`;
}

function failureLine(runId: string | null, { category, message, next }: { category: string; message: string; next?: string }): Json {
  return { ok: false, run_id: runId, error: { category, message, ...(next === undefined ? {} : { next }) } };
}
