import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runs, workspace } from '../../support/pandacode.ts';
import { taskOf, testKey, toolResults, type BambooTest, useBamboo } from './bamboo-run.ts';

// A hostile or confused model, against the whole program.
const bamboo = useBamboo();

const tool = (name: string, input: Record<string, unknown>) => ({ tool: { name, input } });
const bash = (cmd: string, timeout_ms?: number) => tool('bash', { cmd, ...(timeout_ms === undefined ? {} : { timeout_ms }) });

/** Carries out the calls in one turn. @returns their results */
async function attempt(calls: object[], options: Parameters<BambooTest['exec']>[1] = {}) {
  const ended = await bamboo.exec(taskOf([calls as Record<string, unknown>[], { text: 'done' }]), options);
  return { ...ended, results: toolResults(bamboo.requests(ended.ws)[1]) };
}

function git(cwd: string, ...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd, stdio: 'ignore' });
}

describe('files that are none', () => {
  it('PC-SAFE-01 PC-WD-02 pipes, sockets and devices are refused, and nothing waits for them', async () => {
    const ws = workspace();
    for (const name of ['pipe', 'AGENTS.md', 'README.md']) execFileSync('mkfifo', [join(ws, name)]);
    const socket = createServer().listen(join(ws, 'sock'));
    const calls = [
      tool('read', { path: 'pipe' }),
      tool('read', { paths: ['pipe', 'sock'] }),
      tool('read', { path: 'pipe', mode: 'stat' }),
      tool('write', { path: 'pipe', content: 'x' }),
      tool('write', { path: 'pipe', content: 'x', append: true }),
      tool('edit', { path: 'pipe', old: 'a', new: 'b' }),
      tool('read', { path: 'sock' }),
      tool('read', { path: '/dev/zero' }),
      tool('read', { path: '/proc/self/environ' }),
      tool('search', { query: 'x' }),
      tool('search', { query: 'x', path: 'pipe' }),
      tool('read', { path: '.' }),
    ];
    const { report, results } = await attempt(calls, { ws, flags: ['--timeout-ms', '50000'] });
    socket.close();
    expect(report.ok).toBe(true);
    expect(results.map((one) => one['ok'])).toEqual([false, false, true, false, false, false, false, false, false, true, true, true]);
    expect(results[2]!['message']).toContain('special');
  });

  it('PC-BAMBOO-06 huge and binary files are told apart from text, without being loaded', async () => {
    const ws = workspace();
    writeFileSync(join(ws, 'huge.txt'), 'x');
    truncateSync(join(ws, 'huge.txt'), 6 * 1024 ** 3);
    writeFileSync(join(ws, 'image.bin'), Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3]));
    writeFileSync(join(ws, 'line.txt'), `needle ${'y'.repeat(1_500_000)}`);
    const calls = [
      tool('read', { path: 'huge.txt' }),
      tool('read', { path: 'image.bin' }),
      tool('read', { path: 'line.txt' }),
      tool('search', { query: 'needle' }),
    ];
    const { results } = await attempt(calls, { ws });
    expect(results.map((one) => one['ok'])).toEqual([false, false, true, true]);
    expect([results[0]!['message'], results[1]!['message']]).toEqual([expect.stringContaining('too large'), expect.stringContaining('not UTF-8')]);
    expect(String(results[2]!['output']).length).toBeLessThan(25_000);
    expect(String(results[3]!['output'])).toMatch(/^line\.txt:1:needle y+…$/);
  });
});

describe('secrets', () => {
  const secret = 'zq8-very-secret-value-77';

  it('PC-SAFE-09 PC-SAFE-03 PC-ENV-09 no way of reading them brings a secret to the model', async () => {
    const ws = workspace();
    git(ws, 'init', '-q');
    writeFileSync(join(ws, '.env'), `MODE=development\nAPI_TOKEN=${secret}\n`);
    mkdirSync(join(ws, 'app'));
    writeFileSync(join(ws, 'app/.env.local'), `DATABASE_PASSWORD="${secret}-db"\n`);
    git(ws, 'add', '-A');
    git(ws, 'commit', '-qm', 'x');
    linkSync(join(ws, '.env'), join(ws, 'notes.txt'));
    const refusedOnes = [
      bash('cat .e*v'),
      bash('cat .[e]nv'),
      bash('git show HEAD:.env'),
      bash('find . -name .env -exec cat {} +'),
      bash('cat /proc/self/environ'),
      bash('cat /proc/$PPID/environ'),
      bash("tr '\\0' '\\n' < /proc/$PPID/environ"),
      tool('read', { path: 'notes.txt' }),
    ];
    const hiddenOnes = [
      bash('cat .*'),
      bash('cat notes.txt'),
      bash('grep -r API_TOKEN .'),
      bash('find . -type f -exec cat {} +'),
      bash("cat $(printf '.%s' env)"),
      bash('git log -p'),
      bash('f=environ; cat /proc/$PPID/$f'),
      bash('env; export -p'),
      bash('git show HEAD:app/.env.l* >&2; cat app/.env.l*; ls nothing'),
      tool('search', { query: 'API_TOKEN' }),
    ];
    const env = { OPENAI_API_KEY: 'sk-other-vendor-0123456789', NPM_TOKEN: 'npm_abcdefghij0123456789' };
    const { report, results, stdout, stderr } = await attempt([...refusedOnes, ...hiddenOnes], { ws, env });
    expect(report.ok).toBe(true);
    expect(results.slice(0, refusedOnes.length).map((one) => one['ok'])).toEqual(refusedOnes.map(() => false));
    const bodies = JSON.stringify(bamboo.requests(ws).map((one) => one.body));
    const state = readdirSync(join(ws, '.pandacode'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const files = state.map((one) => readFileSync(join(one.parentPath, one.name), 'utf8')).join('\n');
    for (const value of [secret, testKey, env.OPENAI_API_KEY, env.NPM_TOKEN]) {
      expect(bodies).not.toContain(value);
      expect(stdout + stderr + files).not.toContain(value);
    }
    // What is no secret stays readable: the model has to work with the rest.
    const shown = (at: number) => String(results[refusedOnes.length + at]!['stdout']);
    expect([shown(0), shown(2)]).toEqual([expect.stringContaining('MODE=development'), expect.stringContaining('API_TOKEN=***')]);
  });

  it('PC-SAFE-09 a check that prints a secret does not bring it to the model', async () => {
    const ws = workspace();
    writeFileSync(join(ws, '.env'), `API_TOKEN=${secret}\n`);
    const ended = await bamboo.exec(taskOf([{ text: 'first' }, { text: 'second' }]), {
      ws,
      flags: ['--verify', 'grep -r TOKEN . && false', '--max-steps', '2'],
    });
    const bodies = JSON.stringify(bamboo.requests(ws).map((one) => one.body));
    expect([bodies.includes('API_TOKEN=***'), bodies.includes(secret), ended.stdout.includes(secret)]).toEqual([true, false, false]);
  });
});

describe('programs that would run later', () => {
  it('PC-SAFE-02 PC-SAFE-05 hooks and settings of git are written by no tool', async () => {
    const ws = workspace();
    git(ws, 'init', '-q');
    mkdirSync(join(ws, 'sub'));
    git(join(ws, 'sub'), 'init', '-q');
    const patch = (path: string) => `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+evil\n`;
    const calls = [
      tool('write', { path: '.git/hooks/pre-commit', content: 'evil' }),
      tool('write', { path: 'sub/.git/hooks/pre-commit', content: 'evil' }),
      tool('write', { path: 'sub/.git/config', content: 'evil' }),
      tool('edit', { patch: patch('.git/hooks/post-checkout') }),
      tool('edit', { patch: patch('sub/.git/hooks/post-checkout') }),
      bash('echo evil > .git/hooks/pre-commit'),
      bash('cd .git/hooks && echo evil > pre-push'),
      bash('cp README.md sub/.git/hooks/pre-commit'),
      bash('git config core.hooksPath evil'),
      bash('git config --local set core.fsmonitor ./evil.sh'),
      bash('git -C sub config alias.status "!./evil.sh"'),
      bash('git config filter.x.clean ./evil.sh'),
    ];
    const { results } = await attempt(calls, { ws });
    expect(results.map((one) => one['ok'])).toEqual(calls.map(() => false));
    expect(readdirSync(join(ws, '.git/hooks')).filter((name) => !name.endsWith('.sample'))).toEqual([]);
    expect(readFileSync(join(ws, '.git/config'), 'utf8')).not.toContain('evil');
    const other = workspace();
    git(other, 'init', '-q');
    const asking = ['git config user.name me', 'git config --get core.hooksPath || true', 'git config core.hooksPath || true'];
    const harmless = await attempt(
      asking.map((line) => bash(line)),
      { ws: other },
    );
    expect(harmless.results.map((one) => one['ok'])).toEqual([true, true, true]);
  });

  it('PC-ENV-07 PC-REP-09 looking at a repository runs none of the programs that its settings name', async () => {
    const ws = workspace();
    git(ws, 'init', '-q');
    writeFileSync(join(ws, 'evil.sh'), `#!/bin/sh\nenv > ${join(ws, '..', 'ran.txt')}\ncat\n`, { mode: 0o755 });
    writeFileSync(join(ws, 'a.txt'), 'one\n');
    git(ws, 'add', '-A');
    git(ws, 'commit', '-qm', 'x');
    writeFileSync(join(ws, '.gitattributes'), '*.txt diff=evil\n');
    const evil = join(ws, 'evil.sh');
    for (const name of ['core.fsmonitor', 'diff.external', 'diff.evil.textconv', 'diff.evil.command']) git(ws, 'config', name, evil);
    const { report } = await attempt([tool('write', { path: 'a.txt', content: 'two\n' }), tool('read', { path: '.' })], { ws });
    expect(report).toMatchObject({ ok: true, changed_files: ['a.txt'] });
    expect(existsSync(join(ws, '..', 'ran.txt'))).toBe(false);
  });
});

describe('commands that do not want to end', () => {
  const pidsOf = (ws: string, name = 'pids') => readFileSync(join(ws, name), 'utf8').trim().split(/\s+/).map(Number);

  it('PC-BAMBOO-07 PC-KILL-01 a command that ignores SIGTERM is killed at its limit', async () => {
    const { results, ws } = await attempt([bash("trap '' TERM INT HUP; echo $$ > pids; echo before; while :; do sleep 1; done", 1500)]);
    expect(results[0]).toMatchObject({ ok: false, timed_out: true, stdout: 'before\n' });
    expect(pidsOf(ws).filter(runs)).toEqual([]);
  });

  it('PC-BAMBOO-07 PC-KILL-03 many processes at once, all deaf to SIGTERM, are gone at the limit of the command', async () => {
    // Bounded: five doublings, and each ends by itself after two minutes.
    const breed = `trap '' TERM; f() { sh -c 'echo $PPID' >> pids; if [ $1 -gt 0 ]; then f $(($1-1)) & f $(($1-1)) & fi; sleep 120; }; f 5`;
    const { results, ws, report } = await attempt([bash(breed, 4000)], { flags: ['--timeout-ms', '50000'] });
    expect(results[0]).toMatchObject({ ok: false, timed_out: true });
    expect(report.ok).toBe(true);
    expect(pidsOf(ws).filter(runs)).toEqual([]);
  });

  it('PC-KILL-03 PC-KILL-04 daemons (own session, double fork) live until the end of the run and no longer', async () => {
    const daemons = `setsid sh -c 'echo $$ >> pids; exec sleep 300' > /dev/null 2>&1 & (sh -c 'setsid sh -c "echo \\$\\$ >> pids; exec sleep 300" > /dev/null 2>&1 & ' &) ; while [ "$(wc -l < pids)" -lt 2 ]; do sleep 0.1; done`;
    const { report, results, ws } = await attempt([bash(`touch pids; ${daemons}`), bash('for p in $(cat pids); do kill -0 $p && echo alive; done')]);
    expect(results[0]!['message']).toContain('left in the background');
    expect(results[1]!['stdout']).toBe('alive\nalive\n');
    expect(pidsOf(ws)).toHaveLength(2);
    expect(pidsOf(ws).filter(runs)).toEqual([]);
    expect(report.warnings.filter((line: string) => line.includes('outlived the agent')).length).toBeGreaterThanOrEqual(2);
  });

  it('PC-KILL-04 a process that starts itself anew again and again is caught', async () => {
    const ws = workspace();
    // Bounded: 600 links, a tenth of a second each.
    writeFileSync(join(ws, 'chain.sh'), `[ "$1" -gt 600 ] && exit\necho "$1 $$" >> links\nsleep 0.1\nsetsid sh chain.sh $(($1+1)) > /dev/null 2>&1 &\n`);
    await attempt([bash('sh chain.sh 1 > /dev/null 2>&1 & while [ ! -s links ]; do sleep 0.1; done')], { ws });
    const links = () => readFileSync(join(ws, 'links'), 'utf8').trim().split('\n');
    const [last] = links().slice(-1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(links().at(-1)).toBe(last);
    expect(runs(Number(last!.split(' ')[1]))).toBe(false);
  });
});
