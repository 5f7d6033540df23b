import { callModel } from '../model/call-model.ts';
import type { CallUsage, ChatReply } from '../model/chat-model.ts';
import { ModelError } from '../model/model-error.ts';
import { estimateText, estimateTools } from '../history/estimate.ts';
import { summaryRequest } from '../history/compaction.ts';
import type { LoopRecord, LoopSetup } from './loop-state.ts';

/** One turn of the model on the whole conversation; shortens it first when it is too long, and once more when the vendor says so. */
export async function askModel(setup: LoopSetup, record: LoopRecord): Promise<ChatReply> {
  const { conversation, tools, thresholdTokens, context } = setup;
  if (conversation.tokens(tools) > thresholdTokens) await shorten(setup, record);
  const ask = () => callModel(setup.model, { system: conversation.system, messages: conversation.messages, tools }, setup.limits, context);
  let reply: ChatReply;
  try {
    reply = await ask();
  } catch (error) {
    if (!(error instanceof ModelError) || !error.isOverflow || !(await shorten(setup, record))) throw error;
    reply = await ask();
  }
  const used = count(setup, reply, conversation.tokens(tools));
  conversation.counted(used.input);
  record.model = reply.model ?? record.model;
  return reply;
}

/** Adds the tokens of a reply to the run's, and says them on stderr. A vendor that reports none is guessed at. */
export function count(setup: LoopSetup, reply: ChatReply, promptTokens: number): CallUsage {
  const { meter, context, about } = setup;
  const guess = () => {
    const output = estimateText(reply.text + reply.reasoning.map((one) => one.text).join('') + JSON.stringify(reply.calls));
    return { input: promptTokens, output, reasoning: 0, hit: 0, miss: promptTokens, cacheWrite: 0, estimated: true };
  };
  const used: CallUsage = reply.usage ? { ...reply.usage, estimated: false } : guess();
  meter.add(used);
  const total = meter.total();
  Object.assign(context.events.progress, { input_tokens: total?.input ?? null, output_tokens: total?.output ?? null, total_tokens: total?.total ?? null });
  process.stderr.write(
    `usage provider=${about.provider} model=${reply.model ?? about.model} input=${used.input} output=${used.output} reasoning=${used.reasoning} cache_hit=${used.hit} cache_miss=${used.miss}${used.estimated ? ' estimated=true' : ''}\n`,
  );
  context.events.emit('model.completed', { model: reply.model, finish: reply.finish, usage: used, tool_calls: reply.calls.length });
  if (used.hit > 0) context.events.emit('cache.diagnostic', { hit: used.hit, miss: used.miss });
  return used;
}

/** Shortens the conversation. @returns whether it is shorter now */
async function shorten(setup: LoopSetup, record: LoopRecord): Promise<boolean> {
  const { conversation, tools, compactor, context, limits } = setup;
  const before = conversation.tokens(tools);
  context.events.emit('context.compaction.started', { tokens: before, threshold: setup.thresholdTokens });
  const summarise = async (text: string) => {
    const reply = await callModel(setup.model, { system: summaryRequest, messages: [{ role: 'user', kind: 'task', text }], tools: [] }, limits, context);
    count(setup, reply, estimateText(text));
    return reply.text;
  };
  try {
    const overhead = estimateText(conversation.system) + estimateTools(tools);
    const shorter = await compactor.compact(conversation.messages, overhead, summarise);
    if (!shorter) {
      context.events.emit('context.compaction.skipped', { tokens: before });
      return false;
    }
    conversation.replace(shorter.messages);
    const after = conversation.tokens(tools);
    record.compactions.push({ how: shorter.how, before, after });
    context.events.emit('history.compacted', { how: shorter.how, before, after });
    context.events.emit('context.compaction.completed', { before, after });
    return after < before;
  } catch (error) {
    if (context.control.reason) throw error;
    context.events.emit('context.compaction.failed', { message: (error as Error).message });
    return false;
  }
}
