import { afterEach, describe, expect, it, vi } from 'vitest';
import { mkdirSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { codexBinary } from '../../pandacode/runtimes/codex/binary.ts';
import { codexArguments, codexEffort, keyVariables } from '../../pandacode/runtimes/codex/command-line.ts';
import { codexEnvironment } from '../../pandacode/runtimes/codex/environment.ts';
import { codexFailure, type CodexEnd } from '../../pandacode/runtimes/codex/outcome.ts';
import { CodexStream, readable } from '../../pandacode/runtimes/codex/stream.ts';
import { codexUsage, nextTokens, turnTokens } from '../../pandacode/runtimes/codex/usage.ts';
import { removeWorkspaces, workspace } from '../support/pandacode.ts';
import { turnContext } from './turn-context.ts';

afterEach(() => {
  vi.useRealTimers();
  removeWorkspaces();
});

describe('codex command line', () => {
  const invocation = {
    workspace: '/w',
    model: 'gpt-5.5',
    effort: 'low',
    permission: 'max',
    config: ['a=1'],
    lastMessageFile: '/l/last.txt',
    persist: true,
  } as const;

  it('PC-CODEX-08 exec with permission max', () => {
    expect(codexArguments({ ...invocation, config: ['a=1'] }).join(' ')).toBe(
      'exec --json --skip-git-repo-check --ignore-user-config --ignore-rules -C /w -m gpt-5.5 --dangerously-bypass-approvals-and-sandbox -c model_reasoning_effort="low" -c analytics.enabled=false --disable plugins -c shell_environment_policy.ignore_default_excludes=false -c a=1 -o /l/last.txt -',
    );
  });

  it('PC-CODEX-03 PC-CODEX-07 on resume all options stand before the word', () => {
    const args = codexArguments({ ...invocation, config: [], permission: 'limited', resumeThread: 't-1', schemaFile: '/abs/schema.json', persist: false });
    expect(args.slice(-3)).toEqual(['resume', 't-1', '-']);
    expect(args.join(' ')).toContain('--sandbox workspace-write -c sandbox_workspace_write.network_access=false');
    expect(args.join(' ')).toContain('--output-schema /abs/schema.json -o /l/last.txt --ephemeral resume');
  });

  it('PC-CODEX-13 max only where the model has it', () => {
    expect([codexEffort('none', true), codexEffort('max', true), codexEffort('max', false), codexEffort('xhigh', false)]).toEqual([
      'low',
      'max',
      'xhigh',
      'xhigh',
    ]);
  });

  it('PC-CODEX-06 finds the key variables that a configuration names', () => {
    expect(keyVariables(['model_providers.p.env_key="MY_KEY"', 'model_providers.q.env_key = OTHER', 'x="env_key"'])).toEqual(['MY_KEY', 'OTHER']);
  });

  it('PC-CODEX-01 spawns the platform binary that lies next to the shim', () => {
    const folder = workspace();
    const shim = join(folder, 'node_modules/@openai/codex/bin/codex.js');
    const target = process.arch === 'arm64' ? 'aarch64-unknown-linux-musl' : 'x86_64-unknown-linux-musl';
    const binary = join(folder, 'node_modules/@openai/codex/vendor', target, 'bin/codex');
    for (const path of [shim, binary]) {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, '');
      chmodSync(path, 0o755);
    }
    expect(codexBinary(shim, {})).toBe(process.platform === 'linux' ? binary : shim);
    expect(codexBinary('codex-that-is-nowhere', { PATH: folder })).toBe('codex-that-is-nowhere');
  });
});

describe('codex environment', () => {
  const make = (env: NodeJS.ProcessEnv, config: string[] = []) => codexEnvironment({ env, passEnv: [], config, privateHome: '/private' });

  it('PC-CODEX-04 PC-CODEX-05 a key means a private home; a login is left alone', () => {
    expect(make({ OPENAI_API_KEY: 'k', CODEX_HOME: '/mine' })).toMatchObject({ home: '/private', variables: { CODEX_API_KEY: 'k', CODEX_HOME: '/private' } });
    expect(make({ CODEX_HOME: '/mine' }).home).toBe('/mine');
    expect(make({})).toMatchObject({ home: undefined });
    expect(make({}, ['model_provider="p"']).home).toBe('/private');
  });

  it('PC-ENV-08 the key of OpenAI is handed on under one name only', () => {
    expect(make({ OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'a' }).variables).toEqual({ CODEX_API_KEY: 'k', CODEX_HOME: '/private' });
  });
});

describe('codex outcome', () => {
  const end = (more: Partial<CodexEnd>): CodexEnd => ({
    terminal: undefined,
    failedMessage: '',
    errors: [],
    exitCode: 1,
    signal: null,
    stderrTail: '',
    ...more,
  });

  it.each<[string, CodexEnd, string | undefined]>([
    ['turn.completed', end({ terminal: 'completed', exitCode: 0 }), undefined],
    ['no terminal event with exit 0', end({ exitCode: 0 }), 'internal'],
    ['401', end({ terminal: 'failed', failedMessage: 'unexpected status 401 Unauthorized: x' }), 'auth'],
    ['500 for an empty account', end({ terminal: 'failed', failedMessage: 'unexpected status 500 Server Error: insufficient balance (1008)' }), 'quota'],
    ['a 400 by its body alone', end({ terminal: 'failed', failedMessage: 'nope' }), 'invalid_request'],
    ['output limit', end({ terminal: 'failed', failedMessage: 'Incomplete response returned, reason: max_output_tokens' }), 'output_limit'],
    ['missing key', end({ stderrTail: 'Error: Missing environment variable: `X`.' }), 'auth'],
    ['unknown argument', end({ exitCode: 2, stderrTail: "error: unexpected argument '--nope'" }), 'invalid_request'],
    ['SIGTERM by another', end({ exitCode: 143 }), 'internal'],
    ['killed', end({ exitCode: null, signal: 'SIGKILL' }), 'internal'],
    ['nothing but the usual warning', end({ stderrTail: 'WARNING: proceeding, even though we could not create PATH aliases: x' }), 'internal'],
  ])('PC-CODEX-18 %s', (_, given, category) => {
    expect(codexFailure(given)?.category).toBe(category);
  });

  it('PC-CODEX-19 an error of the provider is readable', () => {
    expect(readable('{"error":{"type":"api_error","message":"fake"}}')).toBe('fake');
    expect(readable('plain')).toBe('plain');
  });
});

describe('codex stream', () => {
  const feed = (stream: CodexStream, ...lines: object[]) => lines.forEach((line) => stream.push(JSON.stringify(line)));

  it('PC-CODEX-17 an error event does not end the turn', () => {
    const { context, events } = turnContext();
    const stream = new CodexStream(context);
    feed(stream, { type: 'thread.started', thread_id: 't' }, { type: 'error', message: 'Reconnecting... 1/5' });
    expect(stream.terminal).toBeUndefined();
    feed(stream, { type: 'turn.completed', usage: { input_tokens: 5, output_tokens: 1 } });
    expect(stream).toMatchObject({ terminal: 'completed', threadId: 't' });
    expect(events()).toEqual(['session.started', 'model.retrying', 'model.completed']);
  });

  it('PC-EV-03 items become tools, messages and changed files', () => {
    const { context, events, changed } = turnContext();
    const stream = new CodexStream(context);
    const file = { id: 'i1', type: 'file_change', changes: [{ path: '/w/a.txt', kind: 'add' }] };
    const command = { id: 'i2', type: 'command_execution', command: 'ls' };
    feed(stream, { type: 'item.started', item: file }, { type: 'item.completed', item: file }, { type: 'item.started', item: command });
    expect(context.watchdog.state.openTools).toBe(1);
    feed(
      stream,
      { type: 'item.completed', item: { ...command, exit_code: 0 } },
      { type: 'item.completed', item: { id: 'i3', type: 'agent_message', text: 'fin' } },
    );
    expect(context.watchdog.state.openTools).toBe(0);
    expect(changed).toEqual(['/w/a.txt']);
    expect(context.events.progress).toMatchObject({ tool_calls: 2, last_tool: 'command_execution' });
    expect(events()).toEqual(['tool.started', 'tool.finished', 'file.changed', 'tool.started', 'tool.finished', 'message']);
    expect(stream.lastText).toBe('fin');
  });

  it('PC-WD-06 waiting for the network ends the run after 20 s without a newer item', () => {
    vi.useFakeTimers();
    const { context } = turnContext();
    const stream = new CodexStream(context);
    feed(stream, { type: 'error', message: 'Reconnecting: waiting for network' });
    vi.advanceTimersByTime(19_000);
    feed(stream, { type: 'item.completed', item: { id: 'i', type: 'agent_message', text: 'back' } });
    vi.advanceTimersByTime(60_000);
    expect(context.control.reason).toBeUndefined();
    stream.stderr('WARN waiting for network');
    vi.advanceTimersByTime(20_000);
    expect(context.control.reason?.failure.category).toBe('network');
    stream.close();
  });
});

describe('codex usage', () => {
  it('PC-CODEX-22 PC-USE-02 counts of the thread are differenced; cached tokens are part of the input', () => {
    const tokens = turnTokens(
      { input_tokens: 30, cached_input_tokens: 10, output_tokens: 5, reasoning_output_tokens: 2 },
      { input_tokens: 20, cached_input_tokens: 4, output_tokens: 3 },
    );
    expect(codexUsage(tokens)).toMatchObject({ input: 10, cached_input: 6, output: 2, reasoning: 2, total: 12 });
    expect(codexUsage(turnTokens(undefined, {}))).toBeNull();
  });

  it('PC-CODEX-22 any lower count proves that all were begun anew; counting nothing proves nothing and keeps the record', () => {
    const before = { input_tokens: 20, cached_input_tokens: 15, output_tokens: 3 };
    const now = { input_tokens: 30, cached_input_tokens: 10, output_tokens: 5 };
    expect(turnTokens(now, before)).toMatchObject(now);
    expect(nextTokens(now, before)).toEqual(now);
    for (const nothing of [{}, { input_tokens: 0, output_tokens: 0 }, undefined]) {
      expect(codexUsage(turnTokens(nothing, before))).toBeNull();
      expect(nextTokens(nothing, before)).toEqual(before);
    }
  });
});
