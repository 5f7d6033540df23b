import { describe, expect, it } from 'vitest';
import { claudeArguments, claudeEffort, claudeMode, type ClaudeInvocation } from '../../pandacode/runtimes/claude/command-line.ts';
import { claudeEnvironment } from '../../pandacode/runtimes/claude/environment.ts';
import { claudeFailure, type ClaudeEnd } from '../../pandacode/runtimes/claude/outcome.ts';
import { callUsage, claudeCost, claudeUsage, LiveUsage, nextBaseline } from '../../pandacode/runtimes/claude/usage.ts';
import type { ClaudeLine } from '../../pandacode/runtimes/claude/wire.ts';

const invocation: ClaudeInvocation = {
  model: 'opus',
  effort: 'high',
  permission: 'max',
  mode: 'full',
  thread: { id: 'u-1', resume: false },
  allowTools: [],
  persist: true,
};

describe('claude command line', () => {
  it('PC-CLAUDE-11 PC-CLAUDE-12 full mode, permission max', () => {
    expect(claudeArguments(invocation).join(' ')).toBe(
      '-p --output-format stream-json --verbose --include-partial-messages --model opus --effort high --permission-mode bypassPermissions --setting-sources project --strict-mcp-config --session-id u-1 --tools Bash,Edit,Read,Write,Glob,Grep --disable-slash-commands',
    );
  });

  it('PC-CLAUDE-13 permission limited with allowed tools', () => {
    const args = claudeArguments({ ...invocation, permission: 'limited', allowTools: ['Bash(git *)', 'Read'] });
    expect(args.slice(args.indexOf('--permission-mode'), args.indexOf('--permission-mode') + 4)).toEqual([
      '--permission-mode',
      'acceptEdits',
      '--permission-prompts',
      'none',
    ]);
    expect(args.slice(-3)).toEqual(['--allowedTools', 'Bash(git *)', 'Read']);
  });

  it('PC-CLAUDE-16 PC-CLAUDE-17 PC-CLAUDE-22 resume, caps, schema, no persistence', () => {
    const args = claudeArguments({
      ...invocation,
      mode: 'bare',
      thread: { id: 'u-1', resume: true },
      schema: '{}',
      maxSteps: 3,
      maxCost: 0.5,
      persist: false,
    }).join(' ');
    expect(args).toContain('--resume u-1 --bare --json-schema {} --max-turns 3 --max-budget-usd 0.5 --no-session-persistence');
    expect(args).not.toContain('--tools');
  });

  it('PC-CLAUDE-15 knows no effort below low', () => {
    expect(['none', 'minimal', 'low', 'xhigh', 'max'].map((effort) => claudeEffort(effort as 'low'))).toEqual(['low', 'low', 'low', 'xhigh', 'max']);
  });

  it('PC-CLAUDE-09 is bare with a key only, unless told otherwise', () => {
    expect([claudeMode('auto', {}), claudeMode('auto', { ANTHROPIC_AUTH_TOKEN: 'x' }), claudeMode('full', { ANTHROPIC_API_KEY: 'x' })]).toEqual([
      'full',
      'bare',
      'full',
    ]);
  });
});

describe('claude environment', () => {
  const make = (env: NodeJS.ProcessEnv, more: Partial<Parameters<typeof claudeEnvironment>[0]> = {}) =>
    claudeEnvironment({ env, passEnv: [], effort: 'low', privateConfigDir: '/private', userId: 1000, ...more });

  it('PC-CLAUDE-06 always quiet and bounded; IS_SANDBOX for root alone', () => {
    const { variables } = make({});
    expect(variables).toMatchObject({
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    });
    expect(variables['IS_SANDBOX']).toBeUndefined();
    expect(make({}, { userId: 0 }).variables['IS_SANDBOX']).toBe('1');
  });

  it('PC-CLAUDE-07 nothing of an enclosing agent leaks down', () => {
    const { variables, configDir } = make({
      CLAUDECODE: '1',
      CLAUDE_CODE_ENTRYPOINT: 'cli',
      CLAUDE_CONFIG_DIR: '/theirs',
      CLAUDE_CODE_SIMPLE: '1',
      ANTHROPIC_LOG: 'debug',
      HOME: '/h',
    });
    expect(Object.keys(variables)).not.toEqual(expect.arrayContaining(['CLAUDECODE']));
    for (const name of ['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT', 'CLAUDE_CONFIG_DIR', 'CLAUDE_CODE_SIMPLE', 'ANTHROPIC_LOG'])
      expect(variables[name]).toBeUndefined();
    expect([variables['HOME'], configDir]).toEqual(['/h', undefined]);
  });

  it('PC-CLAUDE-08 a private config folder only with a key', () => {
    expect(make({}).configDir).toBeUndefined();
    expect(make({ ANTHROPIC_API_KEY: 'k' })).toMatchObject({ configDir: '/private', variables: { CLAUDE_CONFIG_DIR: '/private', ANTHROPIC_API_KEY: 'k' } });
    expect(make({ CLAUDE_CONFIG_DIR: '/mine', ANTHROPIC_API_KEY: 'k' }).configDir).toBe('/mine');
    expect(make({ ANTHROPIC_API_KEY: 'k' }, { sessionConfigDir: '/before' }).configDir).toBe('/before');
  });

  it('PC-CLAUDE-15 PC-CLAUDE-19 effort none turns thinking off; the scrub is asked for by name', () => {
    expect(make({}, { effort: 'none' }).variables['MAX_THINKING_TOKENS']).toBe('0');
    expect(make({ PANDACODE_CLAUDE_SCRUB: '1' }).variables['CLAUDE_CODE_SUBPROCESS_ENV_SCRUB']).toBe('1');
    expect(make({}).variables['CLAUDE_CODE_SUBPROCESS_ENV_SCRUB']).toBeUndefined();
  });
});

describe('claude outcome', () => {
  const end = (result: ClaudeLine | undefined, more: Partial<ClaudeEnd> = {}): ClaudeEnd => ({
    result: result && { type: 'result', ...result },
    exitCode: result?.is_error ? 1 : 0,
    signal: null,
    stderrTail: '',
    hasOutput: true,
    ...more,
  });
  const api = (status: number | null, text: string, more: ClaudeLine = {}): ClaudeLine => ({
    subtype: 'success',
    is_error: true,
    terminal_reason: 'api_error',
    api_error_status: status,
    result: text,
    ...more,
  });

  it('PC-CLAUDE-20 a regular end is no failure', () => {
    expect(claudeFailure(end({ subtype: 'success', is_error: false, result: 'x', terminal_reason: 'completed' }))).toBeUndefined();
  });

  it.each<[string, ClaudeEnd, string]>([
    ['turn cap', end({ subtype: 'error_max_turns', is_error: true, errors: ['Reached maximum number of turns (1)'] }), 'max_turns'],
    ['budget', end({ subtype: 'error_max_budget_usd', is_error: true }), 'budget'],
    ['schema wrong five times', end({ subtype: 'error_max_structured_output_retries', is_error: true }), 'schema_mismatch'],
    ['API 400', end(api(400, 'API Error: 400 nope')), 'invalid_request'],
    ['API 401', end(api(401, 'Failed to authenticate')), 'auth'],
    ['API 429', end(api(429, 'slow')), 'rate_limit'],
    ['API 429 for an empty account', end(api(429, 'You exceeded your current quota')), 'quota'],
    ['API 529', end(api(529, 'Overloaded')), 'overloaded'],
    ['refused or dropped', end(api(null, 'API Error: something odd')), 'network'],
    ['no key', end(api(null, 'Not logged in · Please run /login')), 'auth'],
    ['output limit', end(api(null, 'too long', { api_error: 'max_output_tokens' })), 'output_limit'],
    ['refusal', end({ subtype: 'success', is_error: true, stop_reason: 'refusal', result: 'no' }), 'content_filter'],
    ['bad flag', end(undefined, { exitCode: 1, stderrTail: "error: unknown option '--nope'" }), 'invalid_request'],
    ['root without a sandbox', end(undefined, { exitCode: 1, stderrTail: 'cannot be used with root/sudo privileges' }), 'invalid_request'],
    ['SIGTERM by another', end(undefined, { exitCode: 143 }), 'internal'],
    ['SIGINT during a tool', end({ subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_tools' }, { exitCode: 0 }), 'cancelled'],
    ['SIGINT during a request', end(undefined, { exitCode: 0, hasOutput: false }), 'cancelled'],
    ['SIGINT during a request that was announced', end(undefined, { exitCode: 0, isRequesting: true }), 'cancelled'],
    ['SIGKILL', end(undefined, { exitCode: null, signal: 'SIGKILL' }), 'internal'],
    ['output without a result', end(undefined, { exitCode: 0 }), 'internal'],
    ['success, but exit 1', end({ subtype: 'success', is_error: false, result: 'x' }, { exitCode: 1 }), 'internal'],
    ['success, but exit 1, with an answer about limits', end({ subtype: 'success', is_error: false, result: 'the usage limit' }, { exitCode: 1 }), 'internal'],
    ['API 429, and the balance is empty', end(api(429, 'API Error: Request rejected (429) · Insufficient balance')), 'quota'],
    ['API 500 for an empty account', end(api(500, 'API Error: 500 {"message":"insufficient balance (1008)"}')), 'quota'],
    ['API 400 for refused content', end(api(400, 'API Error: 400 Content Exists Risk')), 'content_filter'],
    ['API 400 that repeats the request', end(api(400, 'API Error: 400 bad field in "our usage limit"')), 'invalid_request'],
    ['API 400 for a wrong key', end(api(400, 'Incorrect API key')), 'auth'],
    ['API 429, a throttle', end(api(429, 'You exceeded your current quota, see error-code#token-limit')), 'rate_limit'],
  ])('PC-CLAUDE-20 %s', (_, given, category) => {
    expect(claudeFailure(given)?.category).toBe(category);
  });

  it('PC-ERR-01 a CLI killed from outside may be tried again, a bug may not', () => {
    expect(claudeFailure(end(undefined, { exitCode: null, signal: 'SIGKILL' }))?.retryable).toBe(true);
    expect(claudeFailure(end(undefined, { exitCode: 0 }))?.retryable).toBe(false);
  });

  it('PC-ERR-03 the last retry delay is the wait', () => {
    expect(claudeFailure(end(api(429, 'slow'), { lastRetryMs: 1204 }))?.retry_after_ms).toBe(1204);
    expect(claudeFailure(end(api(429, 'try again in 7s'), { lastRetryMs: 1204 }))?.retry_after_ms).toBe(7000);
    expect(claudeFailure(end(api(400, 'nope'), { lastRetryMs: 1204 }))?.retry_after_ms).toBeUndefined();
  });
});

describe('claude usage', () => {
  const opus = {
    inputTokens: 100,
    outputTokens: 10,
    cacheReadInputTokens: 30,
    cacheCreationInputTokens: 5,
    thinkingTokens: 4,
    costUSD: 0.5,
    costBasis: 'list',
  };

  it('PC-USE-02 input includes what was read from and written to the cache', () => {
    expect(claudeUsage({ opus })).toMatchObject({ input: 135, cached_input: 30, cache_write: 5, output: 10, reasoning: 4, total_tokens: 145 });
  });

  it('PC-CLAUDE-23 cumulative figures are differenced, unless the CLI does it', () => {
    const twice = { ...opus, inputTokens: 150, outputTokens: 15, costUSD: 0.75 };
    expect(callUsage({ modelUsage: { opus: twice } }, { opus })).toMatchObject({
      opus: { inputTokens: 50, outputTokens: 5, cacheReadInputTokens: 0, costUSD: 0.25 },
    });
    expect(callUsage({ modelUsage: { opus: twice }, model_usage_since_last_result: { opus } }, { opus })).toEqual({ opus });
  });

  it.each([
    ['a lower count of cached tokens', { opus: { ...opus, inputTokens: 200, outputTokens: 20, cacheReadInputTokens: 9 } }, { opus }],
    ['a lower count of another model', { opus: { ...opus, inputTokens: 200 }, small: { outputTokens: 2 } }, { opus, small: { outputTokens: 3 } }],
    ['a model that is gone', { opus: { ...opus, inputTokens: 200 } }, { opus, small: { outputTokens: 3 } }],
  ])('PC-CLAUDE-23 %s proves that all counts were begun anew', (_, now, record) => {
    expect(callUsage({ modelUsage: now }, record)).toEqual(now);
    expect(nextBaseline({ modelUsage: now }, record)).toEqual(now);
  });

  it('PC-CLAUDE-23 a model that is new, or a count that is left out, proves nothing', () => {
    const now = { opus: { inputTokens: 150, outputTokens: 10 }, small: { outputTokens: 2 } };
    expect(callUsage({ modelUsage: now }, { opus })).toEqual({ opus: { inputTokens: 50, outputTokens: 0 }, small: { outputTokens: 2 } });
  });

  it.each([[{}], [{ opus: { inputTokens: 0, outputTokens: 0, cacheReadInputTokens: 0 } }], [undefined]])(
    'PC-CLAUDE-23 %j counts nothing and leaves the record as it is',
    (modelUsage) => {
      const result: ClaudeLine = modelUsage ? { modelUsage } : {};
      expect(claudeUsage(callUsage(result, { opus }))).toBeNull();
      expect(nextBaseline(result, { opus })).toEqual({ opus });
    },
  );

  it('PC-USE-04 nothing counted is unknown, not zero', () => {
    expect(claudeUsage({})).toBeNull();
    expect(new LiveUsage().total()).toBeNull();
  });

  it('PC-USE-09 a cost needs a list price for every model', () => {
    expect(claudeCost({ opus })).toEqual({ amount: 0.5, currency: 'USD', basis: 'list' });
    expect(claudeCost({ opus, other: { ...opus, costBasis: 'fallback' } })).toMatchObject({ amount: null, basis: 'none' });
  });

  it('PC-USE-04 streamed messages give an estimate', () => {
    const live = new LiveUsage();
    const start = (id: string): ClaudeLine => ({
      event: { type: 'message_start', message: { id, usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 } } },
    });
    for (const line of [start('a'), { event: { type: 'message_delta', usage: { output_tokens: 8 } } }, start('b')]) live.add(line);
    expect(live.total()).toMatchObject({ input: 30, cached_input: 10, output: 9, estimated: true });
  });

  it('PC-USE-04 a delta that splits the input anew replaces the split of the start; one without input does not', () => {
    const live = new LiveUsage();
    live.add({ event: { type: 'message_start', message: { id: 'a', usage: { input_tokens: 100, cache_creation_input_tokens: 7, output_tokens: 9 } } } });
    live.add({ event: { type: 'message_delta', usage: { input_tokens: 40, cache_read_input_tokens: 60, output_tokens: 8 } } });
    live.add({ event: { type: 'message_delta', usage: { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 12 } } });
    expect(live.total()).toMatchObject({ input: 100, cached_input: 60, cache_write: 0, output: 12 });
  });
});
