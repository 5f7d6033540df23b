// Anthropic Messages.
import { chunks, flat, pick, sleep, usageOf } from './scenario.mjs';
import { toToolCall } from './tool-calls.mjs';
import { cutOff, ECHO_ERROR, json, newId, special, sse, stalled } from './wire.mjs';

export async function anthropic(body, res, cfg) {
  const items = body.messages.map((m) => ({ role: m.role, text: flat(m.content) }));
  const { scenario, turn, actions } = pick(items, cfg.scenario);
  const u = usageOf(scenario);
  const names = new Set((body.tools ?? []).map((t) => t.name));
  if (
    scenario.requireReasoningEcho &&
    body.messages.some(
      (m) =>
        m.role === 'assistant' && Array.isArray(m.content) && m.content.some((b) => b.type === 'tool_use') && !m.content.some((b) => b.type === 'thinking'),
    )
  ) {
    json(res, 400, { type: 'error', error: { type: 'invalid_request_error', message: ECHO_ERROR } });
    return { turn };
  }
  const blocks = [];
  for (const a of actions) {
    if (await special(a, res, 'anthropic')) return { turn };
    if (a.truncate || a.filter || a.cut || a.stall) continue;
    if (a.think) {
      blocks.push({ type: 'thinking', thinking: a.think, signature: 'ZmFrZQ==' });
      continue;
    }
    const tc = toToolCall(a, names);
    if (tc) blocks.push({ type: 'tool_use', id: newId('toolu'), name: tc.name, input: tc.input, raw: tc.raw });
    else blocks.push({ type: 'text', text: a.text ?? (a.json !== undefined ? JSON.stringify(a.json) : `[no tool for ${Object.keys(a)[0]}]`) });
  }
  const stop = actions.some((a) => a.truncate)
    ? 'max_tokens'
    : actions.some((a) => a.filter)
      ? 'refusal'
      : blocks.some((b) => b.type === 'tool_use')
        ? 'tool_use'
        : 'end_turn';
  const usage = { input_tokens: u.input, cache_creation_input_tokens: u.cacheWrite, cache_read_input_tokens: u.cacheRead, output_tokens: u.output };
  const base = { id: newId('msg'), type: 'message', role: 'assistant', model: body.model, stop_sequence: null };
  if (!body.stream) {
    json(res, 200, { ...base, content: blocks.map((b) => ({ ...b, raw: undefined })), stop_reason: stop, usage });
    return { turn };
  }
  const ev = sse(res, true);
  ev('message_start', { type: 'message_start', message: { ...base, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } });
  for (const [index, b] of blocks.entries()) {
    if (b.type === 'text') {
      ev('content_block_start', { type: 'content_block_start', index, content_block: { type: 'text', text: '' } });
      for (const c of chunks(b.text, cfg.chunk)) {
        ev('content_block_delta', { type: 'content_block_delta', index, delta: { type: 'text_delta', text: c } });
        if (cfg.delay) await sleep(cfg.delay);
      }
    } else if (b.type === 'thinking') {
      ev('content_block_start', { type: 'content_block_start', index, content_block: { type: 'thinking', thinking: '', signature: '' } });
      ev('content_block_delta', { type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking: b.thinking } });
      ev('content_block_delta', { type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: b.signature } });
    } else {
      ev('content_block_start', { type: 'content_block_start', index, content_block: { type: 'tool_use', id: b.id, name: b.name, input: {} } });
      for (const c of chunks(b.raw ?? JSON.stringify(b.input), cfg.chunk)) {
        ev('content_block_delta', { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: c } });
        if (cfg.delay) await sleep(cfg.delay);
      }
    }
    ev('content_block_stop', { type: 'content_block_stop', index });
  }
  await stalled(actions);
  if (actions.some((a) => a.cut)) return cutOff(res, turn);
  ev('message_delta', { type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage });
  ev('message_stop', { type: 'message_stop' });
  res.end();
  return { turn };
}
