import { failure } from '../../../errors/failure.ts';
import { unwrapped } from '../../../schema/json-schema.ts';
import { settle } from '../../../schema/settle.ts';
import type { PendingUserInput } from '../../runtime.ts';
import type { LoopEnd, LoopRecord, LoopSetup } from './loop-state.ts';
import type { EndingCall } from './run-turn-calls.ts';
import { failedChecks, verifyAll } from './verify.ts';

/** What an ending call comes to: the end of the run, or a result that tells the model why not. */
export type Ending = { end: LoopEnd } | { again: string };

const successWords = new Set(['success', 'done', 'ok', 'complete', 'completed', 'succeeded']);

/** Decides about `finish`. Success counts only when every verification command succeeds. */
export async function finish(call: EndingCall, setup: LoopSetup, record: LoopRecord): Promise<Ending> {
  const { status, summary, verification } = call.args as { status: string; summary: string; verification?: string[] };
  for (const claim of verification ?? []) record.verification.push({ command: claim, exit_code: null, ok: null, source: 'model', claim: true });
  if (!successWords.has(status.trim().toLowerCase())) return { end: { failure: failure('blocked', summary || 'the agent gave no reason'), text: summary } };
  if (setup.schema) {
    const { loaded } = setup.schema;
    if (settle({ finalText: summary }, loaded).kind === 'invalid') return { again: 'The result is missing: hand it in with submit_result.' };
  }
  return verified({ text: summary || record.lastText || 'done' }, setup, record);
}

/** Counts refused results of a run. */
export class Submissions {
  refused = 0;
}

/** Decides about `submit_result`: a value that the schema accepts, or one in the error-feedback shape, ends the run. */
export async function submit(call: EndingCall, setup: LoopSetup, record: LoopRecord, submissions: Submissions): Promise<Ending> {
  const { loaded, isWrapped, repairs } = setup.schema!;
  const value = unwrapped(call.args, isWrapped);
  const settled = settle({ structured: { value }, finalText: '' }, loaded);
  const end: LoopEnd = { text: record.lastText, structured: { value } };
  if (settled.kind === 'valid') return verified(end, setup, record);
  if (settled.kind === 'feedback') return { end };
  setup.context.events.emit('schema.invalid', { issues: settled.issues.slice(0, 20) });
  if (submissions.refused >= repairs) return { end };
  submissions.refused++;
  setup.context.events.emit('schema.repair', { number: submissions.refused, of: repairs });
  return {
    again: [
      'The result does not match its schema. Correct these and call submit_result again:',
      ...settled.issues.slice(0, 20).map((issue) => `- ${issue}`),
    ].join('\n'),
  };
}

/** Decides about `ask_user`: the run ends and waits for a person. */
export function askUser(call: EndingCall): LoopEnd {
  const { question, context } = call.args as { question: string; context?: string };
  const pending: PendingUserInput = { kind: 'ask_user', question, ...(context ? { context } : {}) };
  return { failure: failure('pandacode_needs_input', question), text: question, pending };
}

/** Runs the verification commands before a success is accepted. */
export async function verified(end: LoopEnd, setup: LoopSetup, record: LoopRecord): Promise<Ending> {
  if (setup.verify.length === 0) return { end };
  const results = await verifyAll(setup.verify, setup.surroundings);
  record.verification = [...record.verification.filter((one) => one.source === 'model'), ...results];
  const problem = failedChecks(results);
  return problem === undefined ? { end } : { again: `The work is not accepted yet, because a check fails. Correct it and finish again.\n\n${problem}` };
}
