import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { identify } from '../../system/process-table.ts';
import { Project } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const script = `return await agent('do it', { label: 'n', ...(args ?? {}) })`;

function withExecutor(body: string): Project {
  project = new Project({ 'a.js': script, executor: `#!/bin/sh\n${body}\n` });
  chmodSync(join(project.dir, 'executor'), 0o755);
  return project;
}

async function node(input: object = {}, env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; result: Record<string, Record<string, unknown>> }> {
  const end = await project.odw(
    ['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--json', '--input', JSON.stringify(input)],
    env,
  );
  return { code: end.code, result: JSON.parse(end.stdout) as Record<string, Record<string, unknown>> };
}

describe('an executor that misbehaves is a failure with a name, never a success', () => {
  it('is not installed', async () => {
    project = new Project({ 'a.js': script });
    const end = await project.odw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './nowhere', '--json']);
    expect(end.code).toBe(1);
    expect(JSON.parse(end.stdout)).toMatchObject({
      ok: false,
      error: { category: 'not_installed', message: expect.stringContaining('nowhere') as string, retryable: false },
    });
  });

  it('PARSE-01 prints garbage', async () => {
    withExecutor(`echo 'not json at all'; exit 4`);
    const { code, result } = await node();
    expect(code).toBe(1);
    expect(result).toMatchObject({
      ok: false,
      exit_code: 4,
      error: { category: 'pandacode_failed' },
      stdout_tail: expect.stringContaining('not json at all') as string,
    });
  });

  it('RUN-05 exits silently', async () => {
    withExecutor(`exit 0`);
    expect((await node()).result).toMatchObject({ ok: false, error: { category: 'empty_result' } });
  });

  it('EXEC-11 hangs and ignores SIGTERM: ended with all its children at the time limit', async () => {
    withExecutor(`trap '' TERM; echo $$ > pid; (trap '' TERM; sleep 300 & echo $! > child; wait) & wait; sleep 300`);
    const started = Date.now();
    const { result } = await node({ timeoutMs: 300 });
    expect(result).toMatchObject({ ok: false, error: { category: 'pandacode_timeout', retryable: true } });
    expect(Date.now() - started).toBeLessThan(40_000);
    for (const file of ['pid', 'child']) expect(identify(Number(readFileSync(join(project.dir, file), 'utf8')))).toBeUndefined();
  });

  it('QUOTA-01 QUOTA-05 refused credentials: the run waits for others as long as it may, and says what to do', async () => {
    project = new Project({ 'a.js': `return await agent('x', { runtime: 'codex' })` });
    const env = {
      CODEX_API_KEY: '',
      OPENAI_API_KEY: '',
      CODEX_HOME: join(project.dir, 'no-login'),
      HOME: project.dir,
      PANDACODE_CODEX_BIN: join(project.dir, 'codex'),
    };
    project.write(
      'codex',
      `#!/bin/sh\n[ "$1" = --version ] && echo codex-cli 0.169.0 && exit 0\necho '401 Unauthorized: Incorrect API key provided' >&2\nexit 1\n`,
    );
    chmodSync(join(project.dir, 'codex'), 0o755);
    const end = await project.odw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--json', '--max-park', '1s'], env);
    const message = expect.stringMatching(/^codex refuses the credentials: .*Log in to codex.*odw exec --resume/) as string;
    expect(JSON.parse(end.stdout)).toMatchObject({ ok: false, error: { category: 'AUTH_REQUIRED', message } });
  });

  it('PC-ENV-06 QUOTA-01 a key that is not set fails the node at once, with the variable to set: no wait can set it', async () => {
    project = new Project({ 'a.js': `return await agent('x', { label: 'n', runtime: 'bamboo', provider: 'kimi' })` });
    const keys = ['KIMI_API_KEY', 'MOONSHOT_API_KEY', 'BAMBOO_API_KEY', 'PANDACODE_BAMBOO_API_KEY'];
    const env = { HOME: project.dir, ...Object.fromEntries(keys.map((name) => [name, ''])) };
    const end = await project.odw(['exec', '--script', 'a.js', '--backend', 'pandacode'], env);
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/^Error: ODW workflow returned ok:false; journal: .*\n\[odw\] failed: n: missing API key; .*Set KIMI_API_KEY or /);
    expect(end.stdout).not.toContain('parked');
  });

  it('EXEC-05 EXEC-06 EXEC-08 AGENT-13 a good one gets the argv, the environment and its prompt file; its text is the value', async () => {
    withExecutor(`echo "$*" > argv; echo "$FROM_CALLER" > env; pwd > cwd; f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/'); cp "$f" prompt
printf '%s\\n' '{"ok":true,"state":"completed","runtime":"codex","last_agent_message":"all done PANDACODE_DONE_1_2","usage":{"total_tokens":7}}'`);
    const { code, result } = await node({ runtime: 'codex', model: 'm', timeout: 60 }, { FROM_CALLER: 'seen' });
    expect([code, result]).toEqual([0, 'all done']);
    const read = (name: string) => readFileSync(join(project.dir, name), 'utf8').trim();
    expect(read('argv')).toMatch(
      /^codex exec --cd \S+ --session odw-exec-\S+-n-1-1 --task-file \S+\.prompt\.md --json --model m --effort low --timeout-ms \d+ --codexctl-bin codexctl --permission max$/,
    );
    expect([read('env'), read('cwd'), read('prompt')]).toEqual(['seen', project.dir, 'do it']);
    const run = readdirSync(join(project.dir, '.odw/runs')).find((name) => name.startsWith('odw-exec-')) as string;
    expect(project.state(run).budget).toEqual({ total: null, spent: 7 });
  });

  it('WT-05 WT-06 WT-10 an isolated one commits, adds a binary and deletes; all of it comes back as a patch', async () => {
    withExecutor(`git config user.email a@b; git config user.name a; printf 'two\\n' > a.txt; git add -A; git commit -qm 'agent commit'; printf '\\000\\001\\377' > bin; rm gone.txt
echo '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"changed","usage":{"total_tokens":1}}'`);
    project.write('a.txt', 'one\n');
    project.write('gone.txt', 'bye\n');
    project.git();
    const { result } = await node({ isolation: 'worktree' });
    expect(result).toMatchObject({ text: 'changed', worktree: { changed: true, files: ['a.txt', 'bin', 'gone.txt'], commits: [{ subject: 'agent commit' }] } });
    expect(String(result['worktree']?.['diff'])).toContain('GIT binary patch');
    expect(readFileSync(join(project.dir, 'a.txt'), 'utf8')).toBe('one\n');
    expect(existsSync(join(project.dir, 'gone.txt'))).toBe(true);
  });
});
