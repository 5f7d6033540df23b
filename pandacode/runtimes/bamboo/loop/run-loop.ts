import { failure, type Failure } from '../../../errors/failure.ts';
import { settle } from '../../../schema/settle.ts';
import { nearBudget, overBudget } from '../budget/budget.ts';
import type { ChatReply } from '../model/chat-model.ts';
import { ModelError } from '../model/model-error.ts';
import { withoutThoughts } from '../model/think-text.ts';
import { toolResultText } from '../tools/tool-result.ts';
import { askModel } from './ask-model.ts';
import { askUser, finish, submit, Submissions, verified, type Ending } from './end-call.ts';
import type { LoopEnd, LoopRecord, LoopSetup } from './loop-state.ts';
import { endingNames, note, RepeatGuard, runTurnCalls } from './run-turn-calls.ts';

const mostLengthCuts = 3;
const mostEmpty = 4;
const mostProse = 3;
const stepsLeftForNudge = 3;
const smallestNudgedRun = 6;

/** Lets the model work with its tools until the task is done, cannot be done, or a limit is reached. Never throws for what a model or tool does. */
export async function runLoop(setup: LoopSetup, record: LoopRecord): Promise<LoopEnd> {
  return new Loop(setup, record).run();
}

class Loop {
  private readonly guard = new RepeatGuard();
  private readonly submissions = new Submissions();
  private lengthCuts = 0;
  private empty = 0;
  private prose = 0;
  private hasNudgedSteps = false;
  private hasNudgedBudget = false;
  private readonly setup: LoopSetup;
  private readonly record: LoopRecord;

  constructor(setup: LoopSetup, record: LoopRecord) {
    this.setup = setup;
    this.record = record;
  }

  async run(): Promise<LoopEnd> {
    const { context, maxSteps } = this.setup;
    for (let step = 1; step <= maxSteps; step++) {
      const stopped = this.stopped();
      if (stopped) return this.failed(stopped);
      this.nudge(step);
      let reply: ChatReply;
      try {
        reply = await askModel(this.setup, this.record);
      } catch (error) {
        const why = error instanceof ModelError ? error.failure : failure('internal', (error as Error).message);
        context.events.emit('model.failed', { category: why.category, message: why.message });
        return this.failed(this.stopped() ?? why);
      }
      const end = (await this.take(reply, step)) ?? this.overBudget();
      if (end) return end;
    }
    return this.failed(this.stopped() ?? failure('max_turns', `the run made ${maxSteps} model turns without coming to an end`));
  }

  /** Acts on a reply. @returns the end of the run, or nothing when it goes on */
  private async take(reply: ChatReply, step: number): Promise<LoopEnd | undefined> {
    const { conversation, context } = this.setup;
    const text = withoutThoughts(reply.text);
    if (text) {
      this.record.lastText = text;
      context.events.emit('message', { text });
    }
    if (reply.finish === 'content_filter') return this.failed(failure('content_filter', 'the provider refused to go on with this content'));
    if (reply.finish === 'length') return this.cutOff(reply);
    this.lengthCuts = 0;
    if (reply.text || reply.calls.length > 0) conversation.push({ role: 'assistant', text: reply.text, reasoning: reply.reasoning, calls: reply.calls });
    if (reply.calls.length > 0) {
      this.empty = 0;
      return this.calls(reply, step);
    }
    if (!text) return this.nothing();
    this.empty = 0;
    return this.answer(text, step);
  }

  private async calls(reply: ChatReply, step: number): Promise<LoopEnd | undefined> {
    const { conversation } = this.setup;
    // Over the budget nothing more is done, unless this turn is the end anyway.
    const over = reply.calls.some((one) => endingNames.has(one.name)) ? undefined : this.overBudget();
    if (over) {
      conversation.push({
        role: 'tool',
        results: reply.calls.map(({ id, name }) => ({ id, name, text: toolResultText(name, { ok: false, message: over.failure!.message }, 0) })),
      });
      return over;
    }
    const { results, ending } = await runTurnCalls(reply, this.setup, this.record, this.guard, step);
    if (!ending) {
      conversation.push({ role: 'tool', results });
      return undefined;
    }
    if (ending.name === 'ask_user') {
      const end = askUser(ending);
      note(this.record, step, 'ask_user', { ok: true, message: end.text });
      conversation.wait({ id: ending.id, name: ending.name, results });
      return end;
    }
    const decided: Ending =
      ending.name === 'finish' ? await finish(ending, this.setup, this.record) : await submit(ending, this.setup, this.record, this.submissions);
    const outcome = { ok: 'end' in decided, message: 'end' in decided ? 'accepted' : decided.again };
    note(this.record, step, ending.name, outcome);
    const own = { id: ending.id, name: ending.name, text: toolResultText(ending.name, outcome, 0) };
    // In the order of the calls, as some vendors demand.
    const order = new Map(reply.calls.map((call, at) => [call.id, at]));
    conversation.push({ role: 'tool', results: [...results, own].sort((a, b) => order.get(a.id)! - order.get(b.id)!) });
    if ('end' in decided) return decided.end;
    return undefined;
  }

  /** A text without a call is an answer; with a schema it must hold the value. */
  private async answer(text: string, step: number): Promise<LoopEnd | undefined> {
    const { schema } = this.setup;
    if (schema && settle({ finalText: text }, schema.loaded).kind === 'invalid') {
      if (++this.prose > mostProse) return { text };
      return this.say('Hand in the result with the tool submit_result; an answer in prose is not accepted.');
    }
    const decided = await verified({ text }, this.setup, this.record);
    note(this.record, step, 'answer', { ok: 'end' in decided, message: text });
    if ('end' in decided) return decided.end;
    return this.say(decided.again);
  }

  private cutOff(reply: ChatReply): LoopEnd | undefined {
    const { conversation } = this.setup;
    if (reply.text || reply.calls.length > 0) conversation.push({ role: 'assistant', text: reply.text, reasoning: reply.reasoning, calls: reply.calls });
    const why =
      'The answer was cut off at the output limit, so nothing of it was carried out. Make smaller steps: for example write large files in several chunks.';
    if (reply.calls.length > 0)
      conversation.push({
        role: 'tool',
        results: reply.calls.map(({ id, name }) => ({ id, name, text: toolResultText(name, { ok: false, message: why }, 0) })),
      });
    if (++this.lengthCuts >= mostLengthCuts)
      return this.failed(failure('output_limit', `the answer was cut off at the output limit ${mostLengthCuts} times in a row`));
    return reply.calls.length > 0 ? undefined : this.say(why);
  }

  private nothing(): LoopEnd | undefined {
    this.setup.context.events.emit('model.parse_error', { message: 'the reply was empty' });
    if (++this.empty < mostEmpty) return this.say('The reply was empty. Go on with the task: call a tool, or give the answer.');
    this.setup.context.events.emit('run.parse_error_limit_exceeded', { times: mostEmpty });
    return this.failed(failure('internal', `the model gave ${mostEmpty} empty replies in a row`, { retryable: true }));
  }

  private nudge(step: number): void {
    const { maxSteps, context, budget, meter } = this.setup;
    const left = maxSteps - step + 1;
    if (!this.hasNudgedSteps && maxSteps >= smallestNudgedRun && left <= stepsLeftForNudge) {
      this.hasNudgedSteps = true;
      context.events.emit('run.finalization_prompt_injected', { steps_left: left });
      this.say(`Only ${left} turns are left. Bring the task to its end now and finish.`);
    }
    if (!this.hasNudgedBudget && nearBudget(budget, meter.total(), meter.totalCost())) {
      this.hasNudgedBudget = true;
      context.events.emit('run.budget_finalization_prompt_injected');
      this.say('Most of the budget is used. Bring the task to its end now and finish.');
    }
  }

  private overBudget(): LoopEnd | undefined {
    const { budget, meter, context } = this.setup;
    const why = overBudget(budget, meter.total(), meter.totalCost());
    if (why) context.events.emit('budget.exceeded', { message: why.message });
    return why && this.failed(why);
  }

  private stopped(): Failure | undefined {
    return this.setup.context.control.reason?.failure;
  }

  private say(text: string): undefined {
    this.setup.conversation.push({ role: 'user', kind: 'nudge', text });
  }

  private failed(why: Failure): LoopEnd {
    return { failure: why, text: this.record.lastText };
  }
}
