import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { agentPath } from '../../../pandacode/runtimes/acp/agent-path.ts';
import { acpAgents, chooseAgent, words } from '../../../pandacode/runtimes/acp/agents.ts';
import { acpEnvironment } from '../../../pandacode/runtimes/acp/environment.ts';
import { askingTool, permissionVerdict } from '../../../pandacode/runtimes/acp/permission.ts';
import { acpUsage, turnUsage } from '../../../pandacode/runtimes/acp/usage.ts';
import { AcpUpdates } from '../../../pandacode/runtimes/acp/updates.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';
import { turnContext } from '../turn-context.ts';

afterAll(removeWorkspaces);

describe('the agents', () => {
  it('PC-ACP-02 are started by their own launch lines', () => {
    expect(Object.fromEntries(acpAgents.map(({ name, command }) => [name, command.join(' ')]))).toEqual({
      opencode: 'opencode acp',
      qwen: 'qwen --acp',
      copilot: 'copilot --acp --allow-all',
      gemini: 'gemini --acp',
      'claude-agent-acp': 'claude-agent-acp',
      'codex-acp': 'codex-acp',
    });
  });

  it('PC-ACP-01 are found by name, by the program of a command line, or as the first that is installed', () => {
    const folder = workspace();
    writeFileSync(join(folder, 'gemini'), '', { mode: 0o755 });
    writeFileSync(join(folder, 'qwen'), '', { mode: 0o644 });
    const env = { PATH: folder };
    expect(chooseAgent(undefined, env)?.name).toBe('gemini');
    expect(chooseAgent(undefined, { PATH: '' })).toBeUndefined();
    expect(chooseAgent('opencode', env)?.command).toEqual(['opencode', 'acp']);
    expect(chooseAgent('/opt/node /opt/bin/claude-agent-acp.js -v', env)).toMatchObject({
      name: 'claude-agent-acp',
      command: ['/opt/node', '/opt/bin/claude-agent-acp.js', '-v'],
    });
    expect(chooseAgent('mine --acp', env)).toEqual({ name: 'mine', command: ['mine', '--acp'], limitedCommand: ['mine', '--acp'], env: [] });
  });

  it('PC-ACP-01 quotes hold the words of a command line together', () => {
    expect(words(`"/a b/node"  x='1 2'y "" z`)).toEqual(['/a b/node', 'x=1 2y', '', 'z']);
    expect(() => words('node "x')).toThrow('a quote that is not closed');
  });

  it('PC-ACP-03 PC-ENV-08 an agent gets its own keys alone; limited makes it ask', () => {
    const env = {
      PATH: '/bin',
      OPENAI_API_KEY: 'a',
      GEMINI_API_KEY: 'b',
      ANTHROPIC_API_KEY: 'c',
      CLAUDE_CODE_X: 'd',
      OPENCODE_CONFIG_CONTENT: '{}',
      SECRET: 'e',
      MINE: 'f',
    };
    const variables = (name: string, permission: 'max' | 'limited', passEnv: string[] = []) =>
      acpEnvironment({ agent: chooseAgent(name, env)!, env, passEnv, permission, privateConfigDir: '/private' });
    expect(variables('qwen', 'max').variables).toEqual({ PATH: '/bin', OPENAI_API_KEY: 'a' });
    expect(variables('gemini', 'max', ['MINE']).variables).toEqual({ PATH: '/bin', GEMINI_API_KEY: 'b', MINE: 'f' });
    expect(variables('opencode', 'max').variables).toMatchObject({ OPENCODE_PERMISSION: '{"*":"allow"}', OPENCODE_CONFIG_CONTENT: '{}' });
    expect(variables('opencode', 'limited').variables['OPENCODE_PERMISSION']).toContain('"bash":"ask"');
    const claude = variables('claude-agent-acp', 'max');
    expect(claude.configDir).toBe('/private');
    expect(claude.variables).toMatchObject({ ANTHROPIC_API_KEY: 'c', CLAUDE_CONFIG_DIR: '/private', CLAUDE_CODE_MAX_RETRIES: '2' });
    expect(claude.variables).not.toHaveProperty('CLAUDE_CODE_X');
  });
});

describe('permission requests', () => {
  const workspaceFolder = workspace();
  const policy = (permission: 'max' | 'limited') => ({ permission, workspace: workspaceFolder, stateDir: join(workspaceFolder, '.pandacode') });
  const option = (optionId: string, kind: string) => ({ optionId, name: optionId, kind }) as never;
  const all = [option('A', 'allow_always'), option('a', 'allow_once'), option('R', 'reject_always'), option('r', 'reject_once')];
  const edit = { kind: 'edit', paths: [join(workspaceFolder, 'x')] };

  it.each([
    ['max', all, { paths: [] }, { kind: 'allowed', optionId: 'a' }],
    ['max', [option('A', 'allow_always')], { paths: [] }, { kind: 'allowed', optionId: 'A' }],
    ['max', [option('r', 'reject_once')], { paths: [] }, { kind: 'refused', optionId: 'r' }],
    ['limited', all, edit, { kind: 'allowed', optionId: 'a' }],
    ['limited', all, { ...edit, kind: 'delete' }, { kind: 'refused', optionId: 'r' }],
    ['limited', all, { ...edit, paths: ['/etc/passwd', ...edit.paths] }, { kind: 'refused', optionId: 'r' }],
    ['limited', [option('a', 'allow_once')], { paths: [] }, { kind: 'refused', optionId: undefined }],
    ['limited', [option('1', 'plan')], edit, { kind: 'question' }],
  ] as const)('PC-ACP-03 %s with %j on %j', (permission, options, tool, verdict) => {
    expect(permissionVerdict(options, { ...tool, paths: [...tool.paths] }, policy(permission))).toEqual(verdict);
  });

  it('PC-ACP-03 what an update said of the tool counts when the request says nothing', () => {
    const call = { toolCallId: 't', content: [{ type: 'diff', path: '/b', newText: '' }] };
    expect(askingTool(call as never, { kind: 'edit', paths: ['/a'] })).toEqual({ kind: 'edit', paths: ['/b', '/a'] });
  });
});

describe('usage', () => {
  it('PC-ACP-05 PC-USE-01 reads the figures by what their total says', () => {
    const figures = { inputTokens: 100, outputTokens: 10, cachedReadTokens: 30, thoughtTokens: 4 };
    expect(acpUsage({ ...figures, totalTokens: 110 })).toMatchObject({ input: 100, cached_input: 30, output: 10, reasoning: 4, total: 110 });
    expect(acpUsage({ ...figures, totalTokens: 140 })).toMatchObject({ input: 130, output: 10, total: 140 });
    expect(acpUsage({ ...figures, totalTokens: 114 })).toMatchObject({ input: 100, output: 14, total: 114 });
    expect(acpUsage({ ...figures, totalTokens: 144 })).toMatchObject({ input: 130, output: 14, total: 144 });
    expect(acpUsage({ ...figures, totalTokens: 999 })).toBeNull();
    expect(acpUsage({ inputTokens: 1 })).toBeNull();
    expect(acpUsage(null)).toBeNull();
  });

  it('PC-ACP-05 PC-USE-04 a part of the truth is an estimate; nothing is null', () => {
    const answer = { inputTokens: 5, outputTokens: 1 };
    const updates = acpUsage({ inputTokens: 7, outputTokens: 2 });
    expect(turnUsage('turn', answer, null, 3)).toMatchObject({ total: 6 });
    expect(turnUsage('last_call', answer, null, 1)).not.toHaveProperty('estimated');
    expect(turnUsage('last_call', answer, null, 2)).toMatchObject({ total: 6, estimated: true });
    expect(turnUsage('updates', null, updates, 2)).toEqual(updates);
    expect(turnUsage('updates', undefined, updates, 2)).toMatchObject({ total: 9, estimated: true });
    expect(turnUsage('turn', undefined, null, 2)).toBeNull();
    expect(turnUsage(undefined, null, updates, 2)).toMatchObject({ estimated: true });
  });

  it('PC-ACP-05 sums what comes with updates', () => {
    const { context } = turnContext();
    const updates = new AcpUpdates(context, {});
    const chunk = {
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text: '' },
      _meta: { usage: { inputTokens: 10, outputTokens: 1, totalTokens: 11 } },
    };
    updates.push(chunk as never);
    updates.push(chunk as never);
    expect(updates.tokens).toMatchObject({ total: 22 });
    expect(context.events.progress).toMatchObject({ total_tokens: 22 });
    context.watchdog.close();
  });
});

describe('a path that an agent names', () => {
  it('PC-SAFE-01 PC-SAFE-02 follows the rules of the file tools, also by its real name', () => {
    const root = workspace();
    const link = join(root, '..', 'link');
    symlinkSync(root, link);
    const boundary = { workspace: link, stateDir: join(link, '.pandacode') };
    for (const path of [join(link, 'a'), join(root, 'a'), 'a']) expect(agentPath(path, boundary, 'write')).toHaveProperty('path');
    for (const path of [join(root, '.env'), join(root, '.pandacode/x'), join(root, '..', 'other'), '/etc/passwd', '.git/config'])
      expect(agentPath(path, boundary, 'read')).toHaveProperty('refused');
  });
});
