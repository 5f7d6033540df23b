import { readInputs } from '../../src/inputs/read-inputs.ts';
import { cutCodePoints } from '../../src/text.ts';
import type { HashedInputs } from '../../schemas/inputs.ts';
import { hashInputs } from '../activities.ts';
import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';
import type { NodeCall } from './call.ts';
import { previewLength } from './events.ts';

/** The files that a node names with its option `inputs` (EXPL-02). */
export interface NodeInputs {
  patterns: string[];
  hashed: HashedInputs;
  /** When they were hashed: nothing from outside reached the run since, as long as it is `outside.turn`. */
  turn: number;
}

/** Hashes the files that a node names; undefined for a node that names none. Done by an activity, so a run that is played again gets the recorded hash. */
export async function openInputs(
  ctx: RunContext,
  { prompt, options, settings }: Pick<NodeCall, 'prompt' | 'options' | 'settings'>,
): Promise<NodeInputs | undefined> {
  const given = options['inputs'];
  if (given === undefined || given === null) return undefined;
  const read = readInputs(given);
  if ('problem' in read) return { patterns: [], hashed: { ok: false, message: read.problem }, turn: outside.turn };
  if (read.patterns.length === 0) return undefined;
  if (ctx.input.explain !== 'open') return lookAt(ctx, read.patterns);
  // Each node of the open run went by the files as they were when it started.
  const node = { label: settings.label, phase: settings.phase, prompt: cutCodePoints(prompt, previewLength) };
  return opened(ctx, read.patterns, hashInputs({ root: ctx.input.root, patterns: read.patterns, node }));
}

/** Hashes files now; nodes that ask in the same moment share one look. */
export async function lookAt(ctx: RunContext, patterns: string[]): Promise<NodeInputs> {
  const name = JSON.stringify(patterns);
  let look = ctx.inputs.get(name);
  if (look?.turn !== outside.turn) {
    look = { turn: outside.turn, hashed: hashInputs({ root: ctx.input.root, patterns }) };
    ctx.inputs.set(name, look);
  }
  return opened(ctx, patterns, look.hashed);
}

async function opened(ctx: RunContext, patterns: string[], look: Promise<HashedInputs>): Promise<NodeInputs> {
  const hashed = await look;
  for (const text of hashed.ok ? (hashed.empty ?? []) : []) ctx.warn(`agent() option inputs: ${JSON.stringify(text)} matches no file`);
  return { patterns, hashed, turn: outside.turn };
}
