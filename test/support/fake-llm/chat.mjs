// OpenAI Chat Completions.
import { chunks, flat, pick, sleep, usageOf } from './scenario.mjs';
import { toToolCall } from './tool-calls.mjs';
import { cutOff, ECHO_ERROR, json, newId, special, sse, stalled } from './wire.mjs';

export async function chat(body, res, cfg) {
  const items = body.messages.map((m) => ({ role: m.role === 'assistant' ? 'assistant' : m.role === 'user' ? 'user' : 'other', text: flat(m.content) }));
  const { scenario, turn, actions } = pick(items, cfg.scenario);
  const u = usageOf(scenario);
  const names = new Set((body.tools ?? []).map((t) => t.function?.name));
  const calls = [];
  let text = null,
    think = null;
  for (const a of actions) {
    if (await special(a, res, 'openai')) return { turn };
    if (a.truncate || a.filter || a.cut || a.stall) continue;
    if (a.think) {
      think = a.think;
      continue;
    }
    const tc = toToolCall(a, names);
    if (tc)
      calls.push({
        id: newId('call'),
        type: 'function',
        function: { name: tc.name, arguments: tc.raw ?? JSON.stringify(tc.patch ? { input: tc.input } : tc.input) },
      });
    else text = (text ?? '') + (a.text ?? (a.json !== undefined ? JSON.stringify(a.json) : `[no tool for ${Object.keys(a)[0]}]`));
  }
  if (scenario.requireReasoningEcho) {
    const bad = body.messages.some((m) => m.role === 'assistant' && m.tool_calls?.length && !m.reasoning_content);
    if (bad) {
      json(res, 400, { error: { message: ECHO_ERROR, type: 'invalid_request_error', code: 'invalid_request_error' } });
      return { turn };
    }
  }
  const finish = actions.some((a) => a.truncate) ? 'length' : actions.some((a) => a.filter) ? 'content_filter' : calls.length ? 'tool_calls' : 'stop';
  const usage = {
    prompt_tokens: u.input,
    completion_tokens: u.output,
    total_tokens: u.input + u.output,
    prompt_tokens_details: { cached_tokens: u.cacheRead },
    completion_tokens_details: { reasoning_tokens: u.reasoning },
    prompt_cache_hit_tokens: u.cacheRead,
    prompt_cache_miss_tokens: u.input - u.cacheRead,
  };
  const id = newId('chatcmpl');
  if (!body.stream) {
    json(res, 200, {
      id,
      object: 'chat.completion',
      created: 1,
      model: body.model,
      choices: [
        {
          index: 0,
          finish_reason: finish,
          message: { role: 'assistant', content: text, ...(think ? { reasoning_content: think } : {}), ...(calls.length ? { tool_calls: calls } : {}) },
        },
      ],
      usage,
    });
    return { turn };
  }
  const ev = sse(res, false);
  const ch = (delta, finish_reason = null, extra = {}) =>
    ev(null, { id, object: 'chat.completion.chunk', created: 1, model: body.model, choices: [{ index: 0, delta, finish_reason }], ...extra });
  ch({ role: 'assistant', content: '' });
  if (think) for (const c of chunks(think, cfg.chunk)) ch({ reasoning_content: c });
  if (text)
    for (const c of chunks(text, cfg.chunk)) {
      ch({ content: c });
      if (cfg.delay) await sleep(cfg.delay);
    }
  calls.forEach((c, index) => {
    ch({ tool_calls: [{ index, id: c.id, type: 'function', function: { name: c.function.name, arguments: '' } }] });
    for (const p of chunks(c.function.arguments, cfg.chunk)) ch({ tool_calls: [{ index, function: { arguments: p } }] });
  });
  await stalled(actions);
  if (actions.some((a) => a.cut)) return cutOff(res, turn);
  ch({}, finish);
  if (body.stream_options?.include_usage) ev(null, { id, object: 'chat.completion.chunk', created: 1, model: body.model, choices: [], usage });
  res.write('data: [DONE]\n\n');
  res.end();
  return { turn };
}
