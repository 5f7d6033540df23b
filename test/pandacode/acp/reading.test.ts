import { RequestError } from '@agentclientprotocol/sdk/unstable';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { isOdwError } from '../../../src/errors/error.ts';
import { acpAgents, type AcpAgent } from '../../../pandacode/runtimes/acp/agents.ts';
import { chooseOptions, type SessionChoices } from '../../../pandacode/runtimes/acp/choose-options.ts';
import { jsonLines } from '../../../pandacode/runtimes/acp/json-lines.ts';
import { errorFailure, exitFailure, stopFailure } from '../../../pandacode/runtimes/acp/outcome.ts';
import { AcpUpdates } from '../../../pandacode/runtimes/acp/updates.ts';
import { removeWorkspaces } from '../../support/pandacode.ts';
import { turnContext } from '../turn-context.ts';

afterEach(removeWorkspaces);

const agentNamed = (name: string): AcpAgent => acpAgents.find((one) => one.name === name)!;

describe('how a turn of an agent ended', () => {
  const worked = { spoke: true, saidSomething: true, refusal: undefined };
  const mute = { spoke: false, saidSomething: false, refusal: undefined };

  it.each([
    ['end_turn', worked, undefined],
    ['end_turn', mute, 'internal'],
    ['end_turn', { ...mute, spoke: true }, undefined],
    ['end_turn', { ...mute, spoke: true, refusal: 'rm -rf x' }, 'blocked'],
    ['end_turn', { ...worked, refusal: 'rm -rf x' }, undefined],
    ['max_tokens', worked, 'output_limit'],
    ['max_turn_requests', worked, 'max_turns'],
    ['refusal', worked, 'content_filter'],
    ['cancelled', worked, 'cancelled'],
    ['something_new', worked, 'internal'],
  ])('PC-ACP-04 %s %j', (reason, signs, category) => {
    const problem = stopFailure(reason as 'end_turn', signs, 'qwen');
    expect(problem?.category).toBe(category);
    if (problem) expect(problem.message).toContain('qwen');
  });

  it.each<[unknown, string, string]>([
    [new RequestError(-32000, 'Authentication required'), 'auth', 'Log in with qwen itself'],
    [new RequestError(-32002, 'Resource not found'), 'invalid_request', ''],
    [new RequestError(-32800, 'cancelled'), 'cancelled', ''],
    [new RequestError(-32601, '"Method not found": session/load'), 'invalid_request', ''],
    [new RequestError(-32603, 'Internal error', { details: '429 {"error":"slow down"}' }), 'rate_limit', ''],
    [new RequestError(-32603, 'Internal error', { message: 'You exceeded your current quota' }), 'quota', ''],
    [new RequestError(-32603, 'Internal error: 401 bad key'), 'auth', ''],
    [new RequestError(-32603, 'Internal error', 'getaddrinfo ENOTFOUND api.example'), 'network', ''],
    [new RequestError(-32603, 'Internal error', '503 Service Unavailable'), 'overloaded', ''],
    [new RequestError(-32603, 'Internal error', '404 lines were read'), 'invalid_request', ''],
    [new RequestError(-32603, 'Internal error', 'I read 500 lines'), 'internal', ''],
    [new RequestError(-32603, 'Internal error'), 'internal', ''],
    [new Error('odd'), 'internal', ''],
    ['text', 'internal', ''],
  ])('PC-ACP-04 PC-ERR-02 an error answer %s', (error, category, next) => {
    const problem = errorFailure(error, 'session/prompt', 'qwen');
    expect(problem.category).toBe(category);
    expect(problem.message).toMatch(/^qwen failed at session\/prompt: ./);
    expect(problem.next_action).toContain(next);
  });

  it('PC-ERR-03 a wait that the text names is passed on', () => {
    const error = new RequestError(-32603, 'Internal error', { details: 'Rate limit reached. Please try again in 1m5s' });
    expect(errorFailure(error, 'session/prompt', 'codex-acp')).toMatchObject({ category: 'rate_limit', retry_after_ms: 65_000 });
  });

  it.each([
    [{ startError: Object.assign(new Error('x'), { code: 'ENOENT' }) }, 'not_installed', 'was not found: qwen --acp'],
    [{ startError: Object.assign(new Error('x'), { code: 'EACCES' }) }, 'not_installed', 'cannot be started (EACCES)'],
    [{ signal: 'SIGKILL' as const }, 'internal', 'SIGKILL'],
    [{ code: 137 }, 'internal', 'exit code 137'],
    [{ code: 1, stderrTail: 'Error: not logged in' }, 'auth', 'not logged in'],
    [{ code: 1, stderrTail: '' }, 'internal', 'ended during initialize (exit code 1)'],
  ])('PC-ERR-01 an agent that went away, %j', (exit, category, text) => {
    const problem = exitFailure({ code: null, signal: null, stderrTail: '', leftovers: [], ...exit }, 'initialize', agentNamed('qwen'));
    expect(problem.category).toBe(category);
    expect(problem.message).toContain(text);
    expect(problem.retryable).toBe(/SIGKILL|137/.test(problem.message));
  });
});

describe('the choice of model, mode and effort', () => {
  const select = (category: string, current: string, ...values: string[]) => ({
    id: `${category}-id`,
    name: category,
    category,
    type: 'select' as const,
    currentValue: current,
    options: values.map((value) => ({ value, name: value.toUpperCase() })),
  });

  async function choose(offered: object, wishes: object, habits = agentNamed('codex-acp')) {
    const asked: [string, unknown][] = [];
    const warnings: string[] = [];
    let options = (offered as SessionChoices).configOptions ?? [];
    const agent = {
      request: (method: string, params: { configId?: string; value?: string; modeId?: string }) => {
        asked.push([params.configId ?? method, params.value ?? params.modeId]);
        options = options.map((one) => (one.id === params.configId ? { ...one, currentValue: params.value } : one) as typeof one);
        return Promise.resolve({ configOptions: options });
      },
    };
    const all = { permission: 'max' as const, model: null, effort: null, ...wishes };
    const model = await chooseOptions(agent as never, 's', habits, offered, all, (text) => warnings.push(text));
    return { model, asked, warnings };
  }

  const mode = select('mode', 'agent', 'agent', 'agent-full-access');
  const models = select('model', 'openai/small', 'openai/small', 'openai/big');
  const efforts = select('thought_level', 'low', 'low', 'high', 'xhigh');

  it.each([
    ['by its id', 'openai/big'],
    ['by its name, in any case', 'Openai/Big'],
    ['without its vendor', 'big'],
  ])('PC-ACP-05 a model is found %s', async (_, wanted) => {
    expect(await choose({ configOptions: [mode, models] }, { model: wanted })).toMatchObject({
      model: 'openai/big',
      asked: [
        ['mode-id', 'agent-full-access'],
        ['model-id', 'openai/big'],
      ],
      warnings: [],
    });
  });

  it('PC-ACP-05 a model that is not offered is refused with those that are, for another one must not be paid instead', async () => {
    const problem: unknown = await choose({ configOptions: [mode, models] }, { model: 'huge' }).catch((error: unknown) => error);
    expect(isOdwError(problem) && [problem.message, problem.next]).toEqual([
      'codex-acp does not offer the model huge',
      'Name one of its models: openai/small, openai/big.',
    ]);
  });

  it('PC-ACP-05 what an agent cannot do is a warning', async () => {
    const { warnings, model, asked } = await choose({}, { model: 'big', effort: 'high' });
    expect([model, asked]).toEqual([null, []]);
    expect(warnings).toEqual([
      'codex-acp has none of the modes agent-full-access; it goes on in its own',
      'codex-acp lets nobody choose a model; big was not set',
      'codex-acp has no effort like high; it goes on with its own',
    ]);
  });

  it.each([
    ['max', [['thought_level-id', 'xhigh']]],
    ['high', [['thought_level-id', 'high']]],
    ['none', []],
    ['medium', []],
  ])('PC-ACP-05 effort %s becomes the nearest that is offered', async (effort, wanted) => {
    const { asked, warnings } = await choose({ configOptions: [efforts] }, { effort }, agentNamed('copilot'));
    expect(asked).toEqual(wanted);
    expect(warnings).toHaveLength(effort === 'medium' ? 1 : 0);
  });

  it('PC-ACP-03 modes of the older kind are set too, and one that is set already is left alone', async () => {
    const modes = { currentModeId: 'default', availableModes: [{ id: 'default' }, { id: 'yolo' }] };
    expect((await choose({ modes }, {}, agentNamed('qwen'))).asked).toEqual([['session/set_mode', 'yolo']]);
    expect((await choose({ modes }, { permission: 'limited' }, agentNamed('qwen'))).asked).toEqual([]);
  });

  it('PC-ACP-05 models in groups are found', async () => {
    const grouped = { ...models, options: [{ group: 'g', name: 'G', options: models.options }] };
    expect((await choose({ configOptions: [grouped] }, { model: 'big' }, agentNamed('gemini'))).model).toBe('openai/big');
  });
});

describe('the updates of a turn', () => {
  const read = (caps: object, ...updates: object[]) => {
    const { context, events, warnings, changed } = turnContext();
    const reader = new AcpUpdates(context, caps);
    for (const update of updates) reader.push(update as never);
    context.watchdog.close();
    return { reader, context, events, warnings, changed };
  };
  const text = (part: string, messageId?: string) => ({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: part }, messageId });
  const tool = (id: string, more: object = {}) => ({ sessionUpdate: 'tool_call', toolCallId: id, title: 'Edit a file', kind: 'edit', ...more });

  it('PC-REP-02 pieces are put together; the last message is what counts, whole', () => {
    const { reader, events } = read({}, text('first, '), text('in pieces'), tool('t'), text('the ans'), text('wer'), text('other', 'm2'), text(' one', 'm2'));
    reader.close();
    expect([reader.lastText, reader.counts.agent_messages]).toEqual(['other one', 3]);
    expect(events().filter((type) => type === 'message')).toHaveLength(3);
  });

  it('PC-EV-03 PC-REP-09 a finished edit is a changed file, a failed one or a reading is not', () => {
    const place = (path: string) => ({ locations: [{ path }] });
    const done = (id: string, status = 'completed') => ({ sessionUpdate: 'tool_call_update', toolCallId: id, status });
    const reading = tool('r', { kind: 'read', ...place('/w/read') });
    const { changed, context, reader } = read(
      {},
      tool('a', place('/w/a')),
      tool('b', place('/w/b')),
      reading,
      done('a'),
      done('a'),
      done('b', 'failed'),
      done('r'),
    );
    expect(changed).toEqual(['/w/a']);
    expect([context.watchdog.state.openTools, reader.counts.tool_calls]).toEqual([0, 3]);
  });

  it('PC-WD-03 tools that the agent never closed are closed with the turn', () => {
    const { reader, context } = read({}, tool('a'), tool('b'));
    expect(context.watchdog.state.openTools).toBe(2);
    reader.close();
    expect(context.watchdog.state.openTools).toBe(0);
  });

  it.each([
    ['steps', { maxSteps: 1 }, [tool('a'), tool('b')], 'max_turns', 'step 2 of at most 1'],
    ['the context in use', { maxTotalTokens: 100 }, [{ sessionUpdate: 'usage_update', used: 101, size: 1000 }], 'budget', '101 tokens'],
    ['cost', { maxCost: 0.5 }, [{ sessionUpdate: 'usage_update', used: 1, size: 9, cost: { amount: 0.6, currency: 'USD' } }], 'budget', '0.6 USD'],
    [
      'tokens of its calls',
      { maxTotalTokens: 100 },
      [1, 2].map(() => ({ ...text(''), _meta: { usage: { inputTokens: 50, outputTokens: 5, totalTokens: 55 } } })),
      'budget',
      '110 tokens',
    ],
  ])('PC-USE-10 PC-ACP-04 a cap on %s ends the turn', (_, caps, updates, category, message) => {
    const { context } = read(caps, ...updates);
    expect(context.control.reason?.failure).toMatchObject({ category, message: expect.stringContaining(message) });
  });

  it('PC-USE-10 a cost in another currency is shown and not compared', () => {
    const { context, reader } = read({ maxCost: 0.5 }, { sessionUpdate: 'usage_update', used: 1, size: 9, cost: { amount: 3, currency: 'CNY' } });
    expect([context.control.reason, reader.cost]).toEqual([undefined, { amount: 3, currency: 'CNY' }]);
  });
});

describe('the messages of an agent', () => {
  it('PC-ACP-01 what is no message is named five times, and the messages between come through in order', async () => {
    const garbage: string[] = [];
    const seen: string[] = [];
    const lines = jsonLines(
      Promise.resolve(new PassThrough()),
      (line) => seen.push(line),
      (what) => garbage.push(what),
    );
    const message = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, result: {} });
    const good = [message(1), message(2)];
    for (const line of ['Welcome!', '', '{"half', 'null', '{"jsonrpc":"1.0","id":1}', good[0], undefined, '[]', '7', good[1]]) lines.push(line);
    lines.end();
    lines.push(message(3));
    const read: unknown[] = [];
    for await (const one of lines.stream.readable) read.push(one);
    expect(read).toEqual(good.map((line) => JSON.parse(line) as unknown));
    expect(seen).toEqual(good);
    expect(garbage).toHaveLength(5);
    expect(garbage).toContain('a line that was too long to read');
  });

  it('PC-KILL-01 writing to an agent that is gone is no error of its own', async () => {
    const pipe = new PassThrough();
    pipe.on('error', () => undefined);
    pipe.destroy();
    const lines = jsonLines(
      Promise.resolve(pipe),
      () => undefined,
      () => undefined,
    );
    const writer = lines.stream.writable.getWriter();
    await expect(writer.write({ jsonrpc: '2.0', method: 'session/cancel' } as never)).resolves.toBeUndefined();
  });
});
