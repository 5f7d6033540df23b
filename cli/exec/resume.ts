import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { limitsSignal, type RunLimits } from '../../schemas/run-limits.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { OdwError } from '../../src/errors/error.ts';
import { ownerIsAlive, readLock } from '../../system/lock-file.ts';
import type { Engine } from '../../temporal/engine/index.ts';
import { readRunInput } from '../../temporal/run/history.ts';
import { sharedQueue } from '../../temporal/service/queue.ts';
import { isNotFound } from '../../temporal/run/not-found.ts';
import { openFields } from '../../temporal/run/run-state.ts';
import { clearRun } from '../../activities/run-node/clear-run.ts';
import { finishLeft } from '../../activities/run-node/finish-left.ts';
import { closeJournal } from '../../activities/journal/close-journal.ts';
import { updateRunFile } from '../../activities/journal/run-file.ts';
import { completeRun } from '../runs/complete.ts';
import { limitsOf } from '../limit-options.ts';
import type { ExecFlags } from './flags.ts';
import { readAsked } from './asked.ts';
import type { Reuse } from './earlier.ts';
import { checkElsewhere } from './elsewhere.ts';
import { readLineage } from './lineage.ts';
import { packReuse } from './pack-reuse.ts';
import { isKnown, startNeverStarted } from './never-started.ts';
import type { RecordedRun } from './recorded.ts';
import { changedInputs, recordedInputs } from './recorded-inputs.ts';
import { changedPreparations, recordedPreparations } from './recorded-preparations.ts';
import { changedSkillFiles, recordedSkills } from './recorded-skills.ts';
import type { RunPlan } from './plan.ts';
import { checkState, readReuse } from './reuse.ts';
import { planUnfinished } from './unfinished.ts';
import { debugPoint } from '../../system/debug-point.ts';

export interface ResumePlan {
  /** `attach` goes on with the open run itself; `start` begins a new one that reuses its results. */
  mode: 'start' | 'attach';
  plan: RunPlan;
  input: RunInput;
  /** The open run is on the queue that workers share: this process can follow it, not host it. */
  shared?: boolean;
  notes?: string[];
}

/** Decides between the two resumes (RES-02, RES-03): the open run itself, or a new execution that reuses finished results. */
export async function planResume(engine: Engine, client: Client, plan: RunPlan, input: RunInput, flags: ExecFlags): Promise<ResumePlan> {
  const recorded = plan.recorded as RecordedRun;
  const lost: string[] = [];
  const reuse = async () => {
    const earlier = await readLineage(client, plan.root, recorded, (run) => readReuse(client, run, flags.rebuildState ?? false));
    lost.push(...(earlier.notes ?? []));
    const again = readAsked(flags, earlier, titlesOf(input));
    return packReuse(plan.runId, { ...earlier.reuse, ...(again ? { again } : {}) });
  };
  const unstarted = await startNeverStarted(client, recorded, plan, input);
  if (unstarted) return unstarted;
  const queue = await queueOfOpen(client, recorded.runId);
  const differences = findDifferences(recorded, input, flags);
  if (queue === undefined) {
    const unfinished = await planUnfinished(client, plan, differences.length > 0);
    if (unfinished.resume) return unfinished.resume;
    const { taken, notes } = await takeOver(engine, client, plan, flags, reuse);
    return { mode: 'start', plan, input: { ...input, reuse: taken }, notes: [...unfinished.notes, ...notes, ...lost] };
  }

  const holder = readLock(join(recorded.runDir, 'host.lock'));
  const hosted = holder !== undefined && ownerIsAlive(holder);
  const shared = queue === sharedQueue;
  if (shared && !hosted) throw needsWorker(recorded.runId);
  if (!flags.rebuildState) checkState(join(recorded.runDir, 'state.json'));
  if (differences.length === 0) {
    const closed = hosted || shared ? undefined : await (await import('./unplayable.ts')).closeUnplayable(client, plan);
    if (closed) {
      const taken = await reuse();
      return { mode: 'start', plan, input: { ...input, reuse: taken }, notes: [...closed, ...lost] };
    }
    const open = await readRunInput(client, recorded.runId);
    const own = { ...plan, runId: open.runId, runDir: open.runDir, command: open.command, startedMs: open.startedMs };
    const changed = await changedInputs(plan.root, recordedInputs(recorded.runDir));
    for (const id of await changedSkillFiles(plan.root, recordedSkills(recorded.runDir))) changed.push(`skill ${id}`);
    changed.push(...(await changedPreparations(await recordedPreparations(client, recorded))));
    const notes = [...keptLine(recorded.runId, changed), ...heldLines(plan.root, recorded.runId, recorded.runDir)];
    return { mode: 'attach', plan: own, input: await changeLimits(client, open, flags), shared, notes };
  }
  if (hosted) {
    throw new OdwError(
      'run-differs',
      `run ${recorded.runId} is open and process ${holder.pid} hosts it; it was started with another ${differences.join(' and ')}`,
      { next: `Resume it with the script, input and options that it was started with, or end it first: odw stop --path ${plan.root} ${recorded.runId}` },
    );
  }
  const finished = await finishLeft(recorded.runDir);
  const taken = await reuse();
  await client.workflow.getHandle(recorded.runId).terminate(`replaced by ${plan.runId}`);
  debugPoint('after-replaced');
  const left = await clearRun({ root: plan.root, runId: recorded.runId, runDir: recorded.runDir });
  debugPoint('after-clear');
  const unplayed = await completeRun(client, plan.root, recorded);
  return {
    mode: 'start',
    plan,
    input: { ...input, reuse: taken },
    notes: [
      `run ${recorded.runId} was open with another ${differences.join(' and ')}: it is closed, and its finished nodes are reused`,
      ...takenLine(finished),
      ...left,
      ...unplayed,
      ...lost,
    ],
  };
}

// RES-02: a new budget or width is applied to the open run.
async function changeLimits(client: Client, open: RunInput, flags: ExecFlags): Promise<RunInput> {
  if (flags.priority !== undefined) updateRunFile(open.runDir, { priority: flags.priority });
  const given = limitsOf(flags);
  const limits: RunLimits = {
    ...(flags.budget === undefined ? {} : { budget: flags.budget }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...(given ? { limits: given } : {}),
  };
  if (Object.keys(limits).length === 0) return open;
  // The server would hand the signal to the host that died, and wait for it.
  await client.workflowService.resetStickyTaskQueue({ namespace: client.options.namespace, execution: { workflowId: open.runId } });
  await client.workflow.getHandle(open.runId).signal(limitsSignal, limits);
  const { limits: _limits, ...rest } = limits;
  const changed = { ...rest, ...(given ? { limits: { ...open.options.limits, ...given } } : {}) };
  updateRunFile(open.runDir, changed);
  return { ...open, options: { ...open.options, ...changed } };
}

/** Why a run of the shared queue is not hosted by `odw exec`. */
export function needsWorker(runId: string): OdwError {
  return new OdwError('run-needs-worker', `run ${runId} is open, and it is for a worker to go on with it`, { fields: { runId } });
}

// A run that this server does not know, or has closed. One that was open goes on in the new run, so nothing of it may work on.
async function takeOver(
  engine: Engine,
  client: Client,
  plan: RunPlan,
  flags: ExecFlags,
  reuse: () => Promise<Reuse>,
): Promise<{ taken: Reuse; notes: string[] }> {
  const { runId, runDir, status } = plan.recorded as RecordedRun;
  if (await isKnown(client, runId)) return { taken: await reuse(), notes: [] };
  const line = await checkElsewhere(engine, { runId, runDir }, flags.serverLost ?? false);
  const notes = line === undefined ? [] : [line];
  if (['completed', 'failed', 'cancelled'].includes(status)) return { taken: await reuse(), notes };
  const finished = await finishLeft(runDir);
  const taken = await reuse();
  const left = await clearRun({ root: plan.root, runId, runDir });
  const error = { category: 'cancelled', message: `its server lost it; ${plan.runId} goes on` };
  updateRunFile(runDir, { ...closeJournal(runDir, { status: 'cancelled', code: 1, message: error.message, closedMs: Date.now() }), error });
  return { taken, notes: [...notes, ...takenLine(finished), ...left] };
}

// What an open run asked is asked. To ask it again takes a new run.
function keptLine(runId: string, changed: readonly string[]): string[] {
  if (changed.length === 0) return [];
  return [
    `files that nodes of run ${runId} went by were edited: ${changed.join(', ')}. The open run keeps their results; for new ones: odw stop ${runId}, then resume`,
  ];
}

// CTRL-01, QUOTA-04: a run that waits may have nothing new to say for days.
function heldLines(root: string, runId: string, runDir: string): string[] {
  const { state, parked } = openFields(runDir);
  if (state === 'paused' || state === 'pausing') return [`the run was left paused; it goes on with: odw unpause --path ${root} ${runId}`];
  if (state !== 'parked' || !parked) return [];
  const until = parked.until === undefined ? '' : ` until ${parked.until}`;
  const lines = [`the run was left parked: ${parked.reason}${until}${parked.message === undefined ? '' : `: ${parked.message}`}`];
  return parked.fix === undefined ? lines : [...lines, `to go on: ${parked.fix}`];
}

function takenLine(finished: number): string[] {
  return finished === 0 ? [] : [`${finished} executor${finished === 1 ? '' : 's'} had ended when nobody looked: what they made is taken`];
}

/** The task queue of a run that is open. */
export async function queueOfOpen(client: Client, runId: string): Promise<string | undefined> {
  try {
    const { status, taskQueue } = await client.workflow.getHandle(runId).describe();
    return status.name === 'RUNNING' ? taskQueue : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The phases that a script declares, in order. */
export function titlesOf({ script }: RunInput): string[] {
  return script.meta.phases.map(({ title }) => title);
}

/** Script, input and options in which a resume differs from the run. */
export function findDifferences(recorded: RecordedRun, input: RunInput, flags: ExecFlags): string[] {
  const found: string[] = [];
  if (input.script.sha256 !== recorded.scriptSha256) found.push('script');
  if (input.inputSha256 !== recorded.inputSha256) found.push('input');
  const now = input.options as unknown as Record<string, unknown>;
  const then = recorded.options as unknown as Record<string, unknown>;
  const given: Record<string, unknown> = {
    backend: flags.backend,
    dialect: flags.dialect,
    provider: flags.provider,
    model: flags.model,
    effort: flags.effort,
    timeoutMs: flags.timeout,
    maxAgents: flags.maxAgents,
    maxParkMs: flags.maxPark,
    rates: flags.rates,
    prefixStaggerMs: flags.prefixStaggerMs,
    autoAnswer: flags.autoAnswer ? undefined : false,
  };
  if (flags.rerun?.length || flags.fromPhase !== undefined) found.push('set of nodes to run again');
  for (const [name, value] of Object.entries(given)) if (value !== undefined && now[name] !== then[name]) found.push(`option ${name}`);
  return found;
}
