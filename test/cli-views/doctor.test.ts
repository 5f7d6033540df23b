import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerDoctor } from '../../cli/commands/doctor.ts';
import { runCheck } from '../../cli/doctor/run-check.ts';
import { defaultConcurrency } from '../../src/concurrency.ts';
import { runCommand } from '../support/run-command.ts';

let root: string;
let before: NodeJS.ProcessEnv;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-doctor-')));
  before = process.env;
  process.env = { PATH: before['PATH'], HOME: root, ODW_HOME: join(root, 'home') };
});
afterEach(() => {
  process.env = before;
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

/** A program that answers by its first argument. */
function program(name: string, cases: string): string {
  const path = join(root, name);
  writeFileSync(path, `#!/bin/sh\ncase "$1" in\n${cases}\n*) echo "unknown $1" >&2; exit 2;;\nesac\n`);
  chmodSync(path, 0o755);
  return path;
}

const doctorJson = { ok: true, codex: { ok: true }, claude: { ok: true }, bamboo: { ok: true, active: { provider: 'deepseek' } } };
const pandacode = (json: object = doctorJson, code = 0) =>
  program('panda', `--version) echo "pandacode 9.9";;\ndoctor) echo '${JSON.stringify(json)}'; exit ${code};;`);
const claude = () => program('claude-code', '--version) echo "2.1.0 (Claude Code)";;');
const odw = (...argv: string[]) => runCommand(registerDoctor, ['doctor', '--path', root, '--claude-bin', claude(), '--codexctl-bin', 'no-codexctl', ...argv]);

describe('odw doctor', () => {
  it('COMPAT-10 DOC-05 the human form', async () => {
    process.env['DEEPSEEK_API_KEY'] = 'sk-secret';
    const result = await odw('--pandacode-bin', pandacode());
    expect(result.code).toBe(0);
    expect(result.stdout.split('\n')).toEqual([
      'odw doctor: ✅ hard checks; ready: node, pandacode, codex, claude, bamboo; needs setup: none',
      '',
      `✅ node: ${process.version}`,
      '✅ pandacode: pandacode 9.9',
      '✅ codex: ready',
      '✅ claude (Cloud): 2.1.0 (Claude Code)',
      '⚠️ bamboo: deepseek ✅ (DEEPSEEK_API_KEY)  kimi ❌ set KIMI_API_KEY  qwen ❌ set QWEN_API_KEY  zhipu ❌ set ZHIPU_API_KEY  minimax ❌ set MINIMAX_API_KEY  xiaomi ❌ set XIAOMI_API_KEY  stepfun ❌ set STEPFUN_API_KEY',
      '✅ temporal: not running; the next run starts it',
      expect.stringMatching(/^✅ git: git version \d/),
      expect.stringMatching(/^ℹ️ concurrency: \d+ agents at once \(default; mock \d+\)$/),
      '',
    ]);
    expect(result.stdout).not.toContain('sk-secret');
  });

  it('DOC-03 DOC-04 the JSON form', async () => {
    process.env['ZAI_API_KEY'] = 'k';
    const { stdout } = await odw('--pandacode-bin', pandacode(), '--json');
    const json = JSON.parse(stdout);
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining([
        'ok',
        'odw_version',
        'project',
        'node',
        'pandacode',
        'claude',
        'codexctl',
        'codex',
        'runtimes',
        'bamboo_keys',
        'decision',
        'temporal',
        'git',
        'concurrency',
      ]),
    );
    expect(json.runtimes).toEqual(doctorJson);
    expect(json.project).toBe(root);
    expect(json.node).toEqual({ ok: true, command: ['node', '--version'], summary: process.version });
    expect(json.codexctl).toEqual({ ok: false, command: ['no-codexctl', '--help'], summary: 'no-codexctl not found' });
    expect(Object.keys(json.bamboo_keys)).toEqual(['deepseek', 'kimi', 'qwen', 'zhipu', 'minimax', 'xiaomi', 'stepfun']);
    expect(json.bamboo_keys.zhipu).toEqual({
      ok: true,
      provider: 'zhipu',
      env: 'ZHIPU_API_KEY',
      generic_env: 'PANDACODE_BAMBOO_API_KEY',
      source: 'ZAI_API_KEY',
      summary: 'key in ZAI_API_KEY',
    });
    expect(json.bamboo_keys.kimi).toMatchObject({ ok: false, source: null });
  });

  it('DOC-04 the generic key serves every provider', async () => {
    process.env['PANDACODE_BAMBOO_API_KEY'] = 'k';
    const { stdout } = await odw('--pandacode-bin', pandacode());
    expect(stdout).toContain('stepfun ✅ (PANDACODE_BAMBOO_API_KEY)');
  });

  it('DOC-08 without git: the line says who needs it, and the checks pass', async () => {
    const path = [pandacode(), claude()][0]!;
    process.env['PATH'] = root;
    const result = await odw('--pandacode-bin', path);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^❌ git: git not found; nodes with isolation: 'worktree' need it: install git/m);
    expect(JSON.parse((await odw('--pandacode-bin', path, '--json')).stdout)).toMatchObject({ ok: true, git: { ok: false, command: ['git', '--version'] } });
  });

  it('DOC-02 without pandacode: the report, then exit 1', async () => {
    const result = await odw('--pandacode-bin', join(root, 'nothing-here'));
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/^odw doctor: ❌ hard checks; ready: node; needs setup: pandacode, codex, claude, bamboo\n/);
    expect(result.stderr).toContain('Error: odw doctor checks failed; see report above');
  });

  it('DOC-03 EXEC-19 the runtimes are read also after exit 1, and told apart from a report that is none', async () => {
    const notReady = {
      ok: false,
      codex: { ok: false, state: 'missing_requirements', missing: ['codex'] },
      claude: { ok: false, state: 'configuration_needed', missing: ['login'] },
    };
    const result = await odw('--pandacode-bin', pandacode(notReady, 1));
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('❌ codex: missing_requirements: missing codex');
    expect(result.stdout).toContain('❌ claude (Cloud): 2.1.0 (Claude Code) (configuration_needed: missing login)');
    const panda = program('panda', '--version) echo "pandacode 9.9";;\ndoctor) echo "no json"; echo "oops" >&2; exit 3;;');
    const json = JSON.parse((await odw('--pandacode-bin', panda, '--json')).stdout);
    expect(json.runtimes).toEqual({
      ok: false,
      command: [panda, 'doctor', '--cd', root, '--json'],
      exit_code: 3,
      summary: 'no json',
      stdout_tail: 'no json\n',
      stderr_tail: 'oops\n',
    });
  });

  it('DOC-01 DOC-06 codexctl is asked word by word, and decides only when pandacode says nothing of codex', async () => {
    const codexctl = program('codexctl', '--help) echo help;;\naccount) echo "plus account";;');
    const json = JSON.parse((await odw('--pandacode-bin', pandacode({ ok: true }), '--codexctl-bin', codexctl, '--json')).stdout);
    expect(json.codex).toEqual({ ok: true, command: [codexctl, 'account'], summary: 'plus account' });
    const text = (await odw('--pandacode-bin', pandacode({ ok: true }), '--codexctl-bin', codexctl)).stdout;
    expect(text).toContain('✅ codex: plus account');
    expect(text).toContain('❌ claude (Cloud)');
    expect((await odw('--pandacode-bin', pandacode({ codex: { ok: false } }), '--codexctl-bin', codexctl)).stdout).toContain('❌ codex: not ready');
  });

  it('DOC-01 --live is handed on', async () => {
    const panda = program('panda', `--version) echo 1;;\ndoctor) echo "{\\"args\\":\\"$*\\"}";;`);
    expect(JSON.parse((await odw('--pandacode-bin', panda, '--json', '--live')).stdout).runtimes.args).toBe(`doctor --cd ${root} --json --live`);
    expect(JSON.parse((await odw('--pandacode-bin', panda, '--json')).stdout).runtimes.args).toBe(`doctor --cd ${root} --json`);
  });

  it('DOC-01 DOC-05 the human form tells how the calls of --live went, and what to do for what is not ready', async () => {
    const found = {
      ok: true,
      codex: { ok: true, version: '0.169.0', live_check: { ok: true, model: 'gpt-5.5', elapsed_ms: 12 } },
      claude: { ok: false, state: 'configuration_needed', missing: ['login'], next_action: 'Log in.', live_check: null },
      bamboo: {
        ok: true,
        live_check: { ok: true },
        providers: [
          { name: 'deepseek', live_check: { ok: true, model: 'deepseek-flash', elapsed_ms: 34 } },
          { name: 'kimi', live_check: { ok: false, error: { category: 'auth', message: 'HTTP 401' } } },
          { name: 'qwen', live_check: null },
        ],
      },
    };
    const { stdout } = await odw('--pandacode-bin', pandacode(found), '--live');
    expect(stdout).toContain('✅ codex: ready (0.169.0)\n');
    expect(stdout.split('\n').slice(-6)).toEqual([
      expect.stringContaining('concurrency'),
      'ℹ️ claude: Log in.',
      '✅ live codex: gpt-5.5 answered in 12 ms',
      '✅ live bamboo deepseek: deepseek-flash answered in 34 ms',
      '❌ live bamboo kimi: auth: HTTP 401',
      '',
    ]);
  });

  it('DOC-07 Temporal: a server that answers, and one that does not; neither changes ok', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    process.env['TEMPORAL_ADDRESS'] = `127.0.0.1:${port}`;
    const up = JSON.parse((await odw('--pandacode-bin', pandacode(), '--json')).stdout);
    expect(up.temporal).toEqual({ ok: true, command: ['odw', 'server', 'status'], summary: expect.stringContaining(`127.0.0.1:${port} namespace=default`) });
    await new Promise((resolve) => server.close(resolve));
    const down = await odw('--pandacode-bin', pandacode());
    expect(down.code).toBe(0);
    expect(down.stdout).toContain(`❌ temporal: 127.0.0.1:${port} namespace=default: `);
  });

  it('CONC-02 shows the effective concurrency cap', async () => {
    process.env['ODW_CONCURRENCY'] = '40';
    expect((await odw('--pandacode-bin', pandacode())).stdout).toContain('concurrency: 40 agents at once (ODW_CONCURRENCY; mock 40)');
  });

  it('DOC-01 a command that hangs is ended', async () => {
    const check = await runCheck(['sleep', '30'], { limitMs: 100, env: process.env });
    expect(check).toMatchObject({ ok: false, exitCode: null, summary: 'no answer within 0.1 s' });
  });
});

describe('defaultConcurrency', () => {
  const GB = 1024 ** 3;

  it.each([
    [1, 1],
    [2, 1],
    [4, 2],
    [18, 16],
    [64, 16],
  ])('CONC-01 mock on %i processors: %i', (cpus, expected) => {
    expect(defaultConcurrency({ backend: 'mock', cpus, totalMemoryBytes: GB })).toBe(expected);
  });

  it.each([
    [1, 4],
    [2, 4],
    [4, 8],
    [8, 16],
    [64, 16],
  ])('CONC-01 agents with %i GB: %i, whatever the processors', (gigabytes, expected) => {
    expect(defaultConcurrency({ backend: 'pandacode', cpus: 1, totalMemoryBytes: gigabytes * GB })).toBe(expected);
  });
});
