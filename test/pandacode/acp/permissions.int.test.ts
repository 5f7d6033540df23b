import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';
import { run, type Step } from './scripted.ts';

afterAll(removeWorkspaces);

describe('permissions', () => {
  it('PC-ACP-03 max allows once; limited refuses all but edits in the workspace', async () => {
    const ws = workspace();
    const asks: Step[] = [
      { permission: { kind: 'edit', paths: [join(ws, 'a.txt')] } },
      { permission: { kind: 'edit', paths: [join(ws, '..', 'b.txt')] } },
      { permission: { kind: 'edit', paths: [join(ws, '.env')] } },
      { permission: { kind: 'edit' } },
      { permission: { kind: 'execute', paths: [join(ws, 'a.txt')] } },
      { permission: {} },
    ];
    const max = await run(asks, { ws });
    expect(max.report.last_agent_message).toBe('yes yes yes yes yes yes');
    const limited = await run(asks, { ws, flags: ['--permission', 'limited'] });
    expect(limited.report.last_agent_message).toBe('yes no no no no no');
    expect(limited.report.warnings).toHaveLength(5);
  });

  it('PC-ACP-03 a request without a way to allow or refuse is a question', async () => {
    const { report } = await run([{ permission: { title: 'Which plan?', options: [] } }, { hang: true }]);
    expect(report).toMatchObject({ state: 'waiting_for_user', pending_user_input: { kind: 'choice', question: 'Which plan?', options: [] } });
  });

  it('PC-ACP-03 a flood of requests is answered, and named only in part', async () => {
    const { report } = await run([{ flood: 300 }], { flags: ['--permission', 'limited'] });
    expect(report.ok).toBe(true);
    expect(report.last_agent_message.split(' ')).toHaveLength(300);
    expect(report.warnings.length).toBeLessThan(30);
  });
});

describe('files and commands that the agent has us handle', () => {
  it('PC-ACP-01 PC-SAFE-01 PC-SAFE-02 files stay inside the workspace, and secrets stay unread', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'a.txt'), 'one\ntwo\nthree\n');
    writeFileSync(join(ws, '..', 'outside.txt'), 'outside');
    writeFileSync(join(ws, '.env'), 'KEY=1');
    symlinkSync(join(ws, '..'), join(ws, 'up'));
    symlinkSync(join(ws, '..', 'nothing-yet'), join(ws, 'dangling'));
    mkdirSync(join(ws, '.git'));
    const { report } = await run(
      [
        { read: { path: join(ws, 'a.txt'), line: 2, limit: 1 } },
        { write: { path: join(ws, 'deep/b.txt'), content: 'hi' } },
        { read: { path: join(ws, '../outside.txt') } },
        { read: { path: join(ws, 'up/outside.txt') } },
        { write: { path: join(ws, 'dangling'), content: 'x' } },
        { read: { path: join(ws, '.env') } },
        { write: { path: join(ws, '.git/config'), content: 'x' } },
        { read: { path: join(ws, 'no-such-file') } },
      ],
      { ws, flags: ['--permission', 'limited'] },
    );
    const text = report.last_agent_message as string;
    expect(text).toContain('{"content":"two"}');
    expect(readFileSync(join(ws, 'deep/b.txt'), 'utf8')).toBe('hi');
    expect(text.match(/is outside the workspace/g)).toHaveLength(3);
    expect(text.match(/is protected/g)).toHaveLength(2);
    expect(text).toContain('ENOENT');
    expect(existsSync(join(ws, '..', 'nothing-yet'))).toBe(false);
    expect(report.changed_files).toEqual(['deep/b.txt']);
  });

  it('PC-ACP-01 PC-SAFE-05 commands run in the workspace without keys, and not at all when limited', async () => {
    const env = { OPENAI_API_KEY: 'sk-secret-0123456789abcdef' };
    const list: Step[] = [{ run: { command: 'pwd; echo "key=$OPENAI_API_KEY"; exit 3' } }, { run: { command: 'echo', args: ['a b'], outputByteLimit: 2 } }];
    const { report, ws } = await run(list, { env, flags: ['--pass-env', 'OPENAI_API_KEY'] });
    expect(report.last_agent_message).toContain(JSON.stringify({ output: `${ws}\nkey=\n`, truncated: false, exitStatus: { exitCode: 3, signal: null } }));
    expect(report.last_agent_message).toContain('"output":"b\\n","truncated":true');
    const limited = await run(list, { flags: ['--permission', 'limited'] });
    expect(limited.report.last_agent_message).toContain('is not permitted');
    const outside = await run([{ run: { command: 'ls', cwd: '/' } }]);
    expect(outside.report.last_agent_message).toContain('is outside');
    const wild = await run([{ run: { command: 'rm', args: ['-rf', '/'] } }, { run: { command: 'cat .env' } }]);
    expect(wild.report.last_agent_message).toMatch(/refused: rm -rf \/: .*refused: cat \.env: .*protected/s);
    expect(wild.report.warnings).toHaveLength(2);
  });

  it('PC-ACP-01 a command that is killed ends with what it started', async () => {
    const { report } = await run([{ run: { command: 'echo started; sleep 300 & sleep 300' }, kill: true }]);
    expect(report.last_agent_message).toMatch(/"signal":"SIG(?:TERM|KILL)"/);
    expect(report.warnings).toEqual([]);
  });
});
