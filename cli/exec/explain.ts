import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Json } from '../../schemas/json.ts';
import type { AskedAgain, RunInput } from '../../schemas/run-input.ts';
import { isGivenLabel } from '../../src/explain/matcher.ts';
import type { OldNode } from '../../src/explain/nodes.ts';
import { judgeNodes, textsOfNewInput, type ExplainedNode } from '../../src/explain/judge.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { printJson } from '../print.ts';
import { readRunInput } from '../../temporal/run/history.ts';
import { sharedQueue } from '../../temporal/service/queue.ts';
import { readAsked } from './asked.ts';
import type { Earlier } from './earlier.ts';
import { explainText } from './explain-text.ts';
import type { ExecFlags } from './flags.ts';
import { readLineage } from './lineage.ts';
import { oldNodes } from './old-nodes.ts';
import type { ExecOutput } from './output.ts';
import type { RunPlan } from './plan.ts';
import { packReuse } from './pack-reuse.ts';
import { playResume, type Played } from './play-resume.ts';
import type { RecordedRun } from './recorded.ts';
import { recordedFailures } from './recorded-failures.ts';
import { recordedInputs } from './recorded-inputs.ts';
import { recordedPreparations } from './recorded-preparations.ts';
import { recordedSkills } from './recorded-skills.ts';
import { findDifferences, queueOfOpen, titlesOf } from './resume.ts';
import { readReuse } from './reuse.ts';
import { parseInput } from './source.ts';

/** What `odw exec --resume RUN --explain` tells (EXPL-01). */
export interface Explanation {
  run: string;
  script: string;
  /** The run is open, and a resume goes on with it instead of starting a new one. */
  open: boolean;
  nodes: ExplainedNode[];
  /** Finished nodes that the script no longer asks for. */
  unused: { key: string; label: string; phase: string }[];
  /** `tokens`: about what the nodes that run again take; a lower bound when `unpriced` nodes have nothing to go by. */
  totals: { reuse: number; expected: number; rerun: number; unknown: number; tokens: number; unpriced: number; saved: number };
  notes: string[];
  /** Why the played script did not come to its end, when it did not: there may be more nodes. */
  stopped?: string;
}

/** Tells what a resume would do with each node: the script is played, with the earlier answers in it. Starts no executor, records no run. */
export async function explainResume(plan: RunPlan, input: RunInput, flags: ExecFlags, output: ExecOutput): Promise<number> {
  const engine = await ensureEngine();
  const dataConverter = blobDataConverter();
  const { connection, client } = await connectEngine(engine, dataConverter);
  try {
    const recorded = plan.recorded as RecordedRun;
    const earlier = await readLineage(client, plan.root, recorded, (run) => readReuse(client, run, false));
    const again = readAsked(flags, earlier, titlesOf(input));
    // The blobs belong to the run that made the results: this one is forgotten.
    const packed = await packReuse(recorded.runId, earlier.reuse);
    const runId = `odw-explain-${plan.startedMs}-${process.pid}`;
    const { open, note } = await whatBecomesOf(client, recorded, input, flags);
    const old = oldNodes(earlier, open ? recordedFailures(recorded.runDir) : undefined);
    const played = await playResume(
      {
        engine,
        connection,
        client,
        dataConverter,
        ...(open ? await filesOfOpen(client, recorded) : {}),
      },
      { ...input, runId, runDir: join(tmpdir(), runId), explain: open ? 'open' : true, reuse: { ...packed, ...(again ? { again } : {}) } },
      old,
    );
    const stillAsked = await readRunInput(client, recorded.runId).then(
      ({ reuse }) => reuse?.again,
      // The server does not know it.
      () => undefined,
    );
    const explanation = explain(plan, input, { earlier, old, played, open, stillAsked });
    if (note !== undefined) explanation.notes.unshift(note);
    if (flags.json || flags.jsonEnvelope) printJson(JSON.stringify(explanation));
    else output.line(explainText(explanation));
    return 0;
  } finally {
    await connection.close();
  }
}

interface Looked {
  earlier: Earlier;
  old: readonly OldNode[];
  played: Played;
  open: boolean;
  stillAsked: AskedAgain | undefined;
}

function explain(plan: RunPlan, input: RunInput, { earlier, old, played, open, stillAsked }: Looked): Explanation {
  const recorded = plan.recorded as RecordedRun;
  const nodes = judgeNodes({ met: played.met, old, stands: played.stands, asked: played.asked, stillAsked, newInput: newInput(recorded, input) });
  const used = new Set([...nodes.flatMap(({ key, before }) => [key, before ?? key])]);
  // A result that a later one replaced is kept for an edit that is taken back: its node is asked for all the same.
  const asked = new Set(nodes.filter(({ label }) => !isGivenLabel(label)).map(({ phase, label }) => `${phase} / ${label}`));
  const unused = old
    .filter(({ key, state, phase, label }) => state === 'done' && !used.has(key) && !asked.has(`${phase} / ${label}`))
    .map(({ key, label, phase }) => ({ key, label, phase }));
  const of = (decision: ExplainedNode['decision']) => nodes.filter((node) => node.decision === decision);
  const rerun = of('rerun');
  const hits = new Set(played.met.filter(({ hit }) => hit).map(({ key }) => key));
  const totals = {
    reuse: of('reuse').length,
    expected: nodes.filter(({ expected }) => expected).length,
    rerun: rerun.length,
    unknown: of('unknown').length,
    tokens: rerun.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0),
    unpriced: rerun.filter(({ tokens }) => tokens === null).length,
    saved: old.reduce((sum, { key, tokens }) => sum + (hits.has(key) ? (tokens ?? 0) : 0), 0),
  };
  const notes: string[] = [];
  if (nodes.some(({ failed }) => failed)) notes.push('what failed in an open run is not asked again; --rerun failed closes it, and asks again in a new one');
  if ((earlier.reuse.ignored ?? 0) > 0) notes.push(`${earlier.reuse.ignored} earlier results have no SHA-256 fingerprint and are not reused`);
  return {
    run: recorded.runId,
    script: plan.scriptPath,
    open,
    nodes,
    unused,
    totals,
    notes,
    ...(played.stopped === undefined ? {} : { stopped: played.stopped }),
  };
}

// What an open run has read it goes on with.
async function filesOfOpen(client: Client, { runId, runDir }: RecordedRun) {
  return {
    recorded: recordedInputs(runDir),
    recordedSkills: recordedSkills(runDir),
    preparations: await recordedPreparations(client, { runId, runDir }),
  };
}

// As planResume decides.
async function whatBecomesOf(client: Client, recorded: RecordedRun, input: RunInput, flags: ExecFlags): Promise<{ open: boolean; note?: string }> {
  const queue = await queueOfOpen(client, recorded.runId);
  if (queue === undefined) return { open: false };
  const holder = readLock(join(recorded.runDir, 'host.lock'));
  const isHosted = holder !== undefined && ownerIsAlive(holder);
  const differences = findDifferences(recorded, input, flags).join(' and ');
  if (queue === sharedQueue && !isHosted)
    return { open: differences === '', note: 'the run is open, and it is for a worker to go on with it (odw worker start): a resume is refused' };
  if (differences === '') return { open: true, note: 'the run is open: a resume goes on with it, and takes over what is under way' };
  return {
    open: false,
    note: isHosted
      ? `the run is open with another ${differences}, and process ${holder.pid} on ${holder.host} hosts it: a resume is refused until that has ended, or odw stop ${recorded.runId}`
      : `the run is open with another ${differences}: a resume closes it, ends what is still under way, and starts a new one`,
  };
}

function newInput(recorded: RecordedRun, input: RunInput): string[] {
  if (recorded.inputSha256 === input.inputSha256) return [];
  let before: Json = null;
  try {
    before = parseInput(recorded.inputRaw);
  } catch {
    // Then every text of the new input is new.
  }
  return textsOfNewInput(input.args, before);
}
