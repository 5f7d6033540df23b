// OpenAI Responses.
import { chunks, flat, pick, sleep, usageOf } from './scenario.mjs';
import { toToolCall } from './tool-calls.mjs';
import { cutOff, json, newId, special, sse, stalled } from './wire.mjs';

export async function responses(body, res, cfg) {
  const input = typeof body.input === 'string' ? [{ type: 'message', role: 'user', content: body.input }] : (body.input ?? []);
  const items = [];
  let open = false; // consecutive assistant-side items are one turn
  for (const it of input) {
    const t = it.type ?? 'message';
    const assistant = (t === 'message' && it.role === 'assistant') || /_call$/.test(t);
    if (assistant) {
      if (!open) items.push({ role: 'assistant', text: '' });
      open = true;
    } else if (t === 'reasoning') continue;
    else {
      open = false;
      items.push({ role: 'user', text: t === 'message' ? flat(it.content) : '' });
    }
  }
  const { scenario, turn, actions } = pick(items, cfg.scenario);
  const u = usageOf(scenario);
  const tools = new Map((body.tools ?? []).map((t) => [t.name ?? t.type, t]));
  const names = new Set(tools.keys());
  const out = [];
  for (const a of actions) {
    if (await special(a, res, 'openai')) return { turn };
    if (a.truncate || a.filter || a.cut || a.stall) continue;
    if (a.think) {
      out.push({ type: 'reasoning', id: newId('rs'), summary: [{ type: 'summary_text', text: a.think }], encrypted_content: null });
      continue;
    }
    const tc = toToolCall(a, names);
    if (!tc) {
      out.push({
        type: 'message',
        id: newId('msg'),
        status: 'completed',
        role: 'assistant',
        content: [
          { type: 'output_text', text: a.text ?? (a.json !== undefined ? JSON.stringify(a.json) : `[no tool for ${Object.keys(a)[0]}]`), annotations: [] },
        ],
      });
      continue;
    }
    const custom = tc.custom ?? tools.get(tc.name)?.type === 'custom';
    if (custom)
      out.push({
        type: 'custom_tool_call',
        id: newId('ctc'),
        status: 'completed',
        call_id: newId('call'),
        name: tc.name,
        input: typeof tc.input === 'string' ? tc.input : JSON.stringify(tc.input),
      });
    else
      out.push({
        type: 'function_call',
        id: newId('fc'),
        status: 'completed',
        call_id: newId('call'),
        name: tc.name,
        arguments: tc.raw ?? JSON.stringify(tc.patch ? { input: tc.input } : tc.input),
      });
  }
  const reason = actions.some((a) => a.truncate) ? 'max_output_tokens' : actions.some((a) => a.filter) ? 'content_filter' : null;
  const usage = {
    input_tokens: u.input,
    input_tokens_details: { cached_tokens: u.cacheRead },
    output_tokens: u.output,
    output_tokens_details: { reasoning_tokens: u.reasoning },
    total_tokens: u.input + u.output,
  };
  const resp = (status, extra) => ({
    id: rid,
    object: 'response',
    created_at: 1,
    status,
    model: body.model,
    output: [],
    usage: null,
    error: null,
    incomplete_details: null,
    parallel_tool_calls: true,
    tools: [],
    ...extra,
  });
  const rid = newId('resp');
  if (!body.stream) {
    json(res, 200, resp('completed', { output: out, usage }));
    return { turn };
  }
  const send = sse(res, true);
  let seq = 0;
  const ev = (type, data) => send(type, { type, sequence_number: seq++, ...data });
  ev('response.created', { response: resp('in_progress') });
  for (const [i, it] of out.entries()) {
    if (it.type === 'message') {
      const text = it.content[0].text;
      ev('response.output_item.added', { output_index: i, item: { ...it, status: 'in_progress', content: [] } });
      ev('response.content_part.added', { item_id: it.id, output_index: i, content_index: 0, part: { type: 'output_text', text: '', annotations: [] } });
      for (const c of chunks(text, cfg.chunk)) {
        ev('response.output_text.delta', { item_id: it.id, output_index: i, content_index: 0, delta: c });
        if (cfg.delay) await sleep(cfg.delay);
      }
      ev('response.output_text.done', { item_id: it.id, output_index: i, content_index: 0, text });
      ev('response.content_part.done', { item_id: it.id, output_index: i, content_index: 0, part: it.content[0] });
    } else if (it.type === 'function_call') {
      ev('response.output_item.added', { output_index: i, item: { ...it, status: 'in_progress', arguments: '' } });
      for (const c of chunks(it.arguments, cfg.chunk)) ev('response.function_call_arguments.delta', { item_id: it.id, output_index: i, delta: c });
      ev('response.function_call_arguments.done', { item_id: it.id, output_index: i, arguments: it.arguments });
    } else if (it.type === 'custom_tool_call') {
      ev('response.output_item.added', { output_index: i, item: { ...it, status: 'in_progress', input: '' } });
      for (const c of chunks(it.input, cfg.chunk)) ev('response.custom_tool_call_input.delta', { item_id: it.id, output_index: i, delta: c });
      ev('response.custom_tool_call_input.done', { item_id: it.id, output_index: i, input: it.input });
    } else {
      ev('response.output_item.added', { output_index: i, item: { ...it, summary: [] } });
      ev('response.reasoning_summary_part.added', { item_id: it.id, output_index: i, summary_index: 0, part: { type: 'summary_text', text: '' } });
      ev('response.reasoning_summary_text.delta', { item_id: it.id, output_index: i, summary_index: 0, delta: it.summary[0].text });
      ev('response.reasoning_summary_text.done', { item_id: it.id, output_index: i, summary_index: 0, text: it.summary[0].text });
    }
    ev('response.output_item.done', { output_index: i, item: it });
  }
  await stalled(actions);
  if (actions.some((a) => a.cut)) return cutOff(res, turn);
  if (reason) ev('response.incomplete', { response: resp('incomplete', { output: out, usage, incomplete_details: { reason } }) });
  else ev('response.completed', { response: resp('completed', { output: out, usage }) });
  res.end();
  return { turn };
}
