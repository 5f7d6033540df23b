import { callModel } from '../model/call-model.ts';
import { estimateMessages } from '../history/estimate.ts';
import { count } from './ask-model.ts';
import type { LoopSetup } from './loop-state.ts';

/** Asks on the stable prefix alone, so that the vendor has it in its cache when the work begins. A failure is only noted. */
export async function warmCache(setup: LoopSetup, rounds: number): Promise<void> {
  const { conversation, context } = setup;
  const messages = conversation.messages.slice(0, 1);
  for (let round = 1; round <= rounds && !context.control.reason; round++) {
    try {
      const reply = await callModel(setup.model, { system: conversation.system, messages, tools: [], maxTokens: 16 }, setup.limits, context);
      const used = count(setup, reply, estimateMessages(messages));
      context.events.emit('cache.warmed', { round, hit: used.hit, miss: used.miss });
    } catch (error) {
      context.events.emit('cache.warm_failed', { round, message: (error as Error).message });
      return;
    }
  }
}
