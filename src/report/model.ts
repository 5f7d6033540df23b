import type { JournalRecord } from '../../schemas/journal.ts';
import type { RunFile } from '../../schemas/run-file.ts';
import type { RunState } from '../../schemas/state.ts';
import { NodeCensus, type Census } from '../journal/census.ts';
import { runGraph, type GraphBlock } from './graph.ts';
import { readGroups } from './groups.ts';
import { mermaidText } from './mermaid.ts';
import { readLog, type LogLine } from './log.ts';
import { readNodes, type ReportNode } from './nodes.ts';
import { readOutcome, type RunOutcome } from './outcome.ts';
import { cutText, textLimit } from './text-limit.ts';
import { readTokens, type TokenTotals } from './tokens.ts';
import { jsonText } from '../journal/json-text.ts';

export interface ReportInput {
  run: RunFile;
  events: JournalRecord[];
  state: RunState;
}

/** Everything that the report page shows. Times are epoch milliseconds. */
export interface ReportModel {
  run: {
    id: string;
    name: string;
    script: string;
    backend: string;
    startedMs: number;
    /** Its first event: from here on the script ran. Before, the engine was made ready. */
    beganMs: number;
    /** End of the run, or of what is known of it when it has not ended. */
    endMs: number;
    ended: boolean;
    shell: string;
    resumedFrom: string | null;
    preview: boolean;
    ui: string | null;
    concurrency: number | null;
    version: string;
  };
  outcome: RunOutcome;
  census: Census;
  tokens: TokenTotals;
  nodes: ReportNode[];
  graph: GraphBlock[];
  mermaid: string;
  log: LogLine[];
}

/** Reads a run's journal and state into what the report shows (RPT-01, RPT-02). Unknown events and missing fields are passed over. */
export function reportModel({ run, events, state }: ReportInput): ReportModel {
  const limit = textLimit(events);
  const census = new NodeCensus();
  for (const record of events) if (record.type === 'script_stream' && typeof record.raw === 'object') census.record(record.raw);
  census.cutShort(Object.keys(state.unfinishedAgents ?? {}));
  const exit = events.findLast((record) => record.type === 'exit');
  const outcome = readOutcome(run, state, exit, census.counts(), (value) => cutText(typeof value === 'string' ? value : jsonText(value, 2), limit));
  // A run that is held has a host, and may have nodes that run.
  const ended = exit !== undefined || (outcome.kind !== 'running' && run.status !== 'paused');
  const nodes = readNodes(events, { limit, ended });
  const lastMs = events.reduce((last, record) => Math.max(last, record.ts_ms), run.started_ms);
  const graph = runGraph(nodes, readGroups(events), lastMs);
  return {
    run: {
      id: run.run_id,
      name: run.name || state.workflow?.name || 'workflow',
      script: run.workflow,
      backend: run.backend || state.workflow?.backend || '',
      startedMs: run.started_ms,
      beganMs: events.find((record) => record.type === 'script_stream')?.ts_ms ?? run.started_ms,
      endMs: run.finished_ms ?? exit?.ts_ms ?? lastMs,
      ended,
      shell: run.shell,
      resumedFrom: run.resumed_from,
      preview: run.preview,
      ui: run.ui !== null && /^https?:\/\//.test(run.ui) ? run.ui : null,
      concurrency: run.concurrency,
      version: run.odw_version,
    },
    outcome,
    census: census.counts(),
    tokens: readTokens(nodes, state.budget, run.resumed_from !== null),
    nodes,
    graph,
    mermaid: mermaidText(nodes, graph),
    log: readLog(events),
  };
}
