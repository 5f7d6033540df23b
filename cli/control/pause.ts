import type { ControlAnswer } from '../../schemas/run-control.ts';
import { resolveRoot } from '../exec/source.ts';
import type { Told } from './answer.ts';
import { reachedLines } from './reached.ts';
import { sendToRun } from './send.ts';

/** `odw pause` and `odw unpause` (CTRL-01, CTRL-02). Throws as {@link sendToRun}. */
export async function pauseOrGoOn(path: string, run: string, command: 'pause' | 'unpause'): Promise<Told> {
  const root = resolveRoot(path);
  const { runId, answer } = await sendToRun(root, run, { command });
  const { state, changed, parked, reached } = answer;
  return {
    json: { run: runId, state, changed, ...(parked ? { parked } : {}), ...(reached ? { reached } : {}) },
    text: command === 'pause' ? pauseText(root, runId, answer) : goOnText(runId, answer),
  };
}

function pauseText(root: string, runId: string, { state, changed }: ControlAnswer): string {
  const now = state === 'pausing' ? 'starts nothing more and is paused once its running nodes have ended' : 'is paused';
  return `run ${runId} ${changed ? '' : 'was paused already: it '}${now}\nGo on with: odw unpause --path ${root} ${runId}`;
}

function goOnText(runId: string, { changed, state, parked = [], reached = [] }: ControlAnswer): string {
  if (!changed) return `run ${runId} was not paused: it is ${state}`;
  const tried = parked.flatMap(({ reason, provider }) => (reason === 'limit' || provider === undefined ? [] : [`one node tries ${provider} first`]));
  return [`run ${runId} goes on`, ...tried, ...reachedLines({ parked, reached })].join('\n');
}
