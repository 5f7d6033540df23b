import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecFlags } from '../../cli/exec/flags.ts';
import { compilePlan, planRun } from '../../cli/exec/plan.ts';
import { worktreeRoot } from '../../system/paths.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-plan-')));
});
afterEach(() => rmSync(root, { recursive: true, maxRetries: 5 }));

const plan = (flags: Partial<ExecFlags>, env: NodeJS.ProcessEnv = {}) => planRun({ path: root, autoAnswer: true, report: true, ...flags }, env);

function put(path: string, text: string): string {
  const full = join(root, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
  return full;
}

/** A run folder, as this or an older tool leaves it. */
function record(id: string, run: object, files: Record<string, string> = {}): void {
  put(`.odw/runs/${id}/run.json`, JSON.stringify({ run_id: id, action: 'exec', status: 'completed', started_ms: 1, ...run }));
  for (const [name, text] of Object.entries(files)) put(`.odw/runs/${id}/${name}`, text);
}

const full = {
  backend: 'pandacode',
  provider: 'kimi',
  provider_is_flag: true,
  model: 'm',
  effort: 'high',
  timeout: 60,
  concurrency: 7,
  max_agents: 50,
  budget: 900,
  auto_answer: false,
  priority: 2,
  prefix_stagger_ms: 0,
  script_sha256: 'a',
  input_sha256: 'b',
};

describe('what a run is started with', () => {
  it('CLI-05 defaults', () => {
    put('a.js', '');
    expect(plan({ script: 'a.js' }).options).toMatchObject({
      backend: 'mock',
      provider: null,
      model: null,
      effort: 'low',
      timeoutMs: null,
      maxAgents: 1000,
      budget: null,
      autoAnswer: true,
      maxPayloadBytes: 64 * 1024 * 1024,
    });
    for (const timeout of ['none', 'unlimited', '0', '-3', 'NaN', '']) expect(plan({ script: 'a.js', timeout }).options.timeoutMs).toBeNull();
    expect(plan({ script: 'a.js', timeout: '1.5' }).options.timeoutMs).toBe(1500);
    const env = { ODW_PROVIDER: 'qwen', ODW_CONCURRENCY: '9' };
    expect(plan({ script: 'a.js' }, env).options).toMatchObject({ provider: 'qwen', providerIsFlag: false, concurrency: 9 });
    expect(plan({ script: 'a.js', provider: 'kimi', concurrency: 3 }, env).options).toMatchObject({ provider: 'kimi', providerIsFlag: true, concurrency: 3 });
    expect(() => plan({ script: 'a.js' }, { ODW_CONCURRENCY: '999' })).toThrow(/ODW_CONCURRENCY must be a whole number from 1 to 256/);
  });

  it('CLI-05 a script is absolute, else under the root, else under the working directory; an input file is read as it is', () => {
    const inside = put('sub/a.js', 'return 1');
    expect(plan({ script: inside }).scriptPath).toBe(inside);
    expect(plan({ script: 'sub/a.js' }).scriptPath).toBe(inside);
    expect(plan({ script: 'package.json' }).scriptPath).toBe(join(process.cwd(), 'package.json'));
    expect(plan({ script: 'sub/a.js', inputFile: put('in.json', ' {"a": 1}\n') })).toMatchObject({ args: { a: 1 }, input: { raw: ' {"a": 1}\n' } });
    expect(() => plan({ script: 'sub/a.js', inputFile: 'nowhere.json' })).toThrow('read nowhere.json');
    const cut = put('cut.json', '{"a":');
    expect(() => plan({ script: 'sub/a.js', inputFile: cut })).toThrow(`the input in ${cut} looks like JSON but cannot be parsed: `);
    expect(plan({ path: join(root, 'not-yet'), script: inside }).runDir).toContain(join(root, 'not-yet', '.odw', 'runs'));
  });

  it('META-04 empty input is null, JSON is parsed, other text is the text', () => {
    put('a.js', '');
    const args = (input?: string) => plan({ script: 'a.js', ...(input === undefined ? {} : { input }) }).args;
    expect([args(), args(''), args('{"a":[1]}'), args('"x"'), args('12'), args('look at this')]).toEqual([null, null, { a: [1] }, 'x', 12, 'look at this']);
    for (const broken of ['{bad', '{a: 1}', '{"a": 1,}', '[1, 2', '["a"', '[{]', '[true,', '{'])
      expect(() => args(broken), broken).toThrow('looks like JSON but cannot be parsed');
    for (const text of ['[urgent] look at this', '[tru', '"quoted" words', '12 monkeys', '- {a}']) expect(args(text)).toBe(text);
  });

  it('PROC-09 everything that shapes the run is in the workflow’s input, and PROC-10 the source with its hash', async () => {
    put('a.js', `return 'as launched'`);
    const planned = plan({ script: 'a.js', model: 'm', timeout: '5', concurrency: 3, budget: 7, effort: 'high', provider: 'kimi' });
    put('a.js', `return 'edited'`);
    const input = await compilePlan(planned, null);
    expect(input.options).toMatchObject({ backend: 'mock', model: 'm', effort: 'high', provider: 'kimi', timeoutMs: 5000, concurrency: 3, budget: 7 });
    expect(input.script.source).toBe(`return 'as launched'`);
    expect(input.script.sha256).toBe(createHash('sha256').update(input.script.source).digest('hex'));
  });

  it('CLI-06 names what is missing', () => {
    expect(() => plan({})).toThrow('odw exec requires --script unless --resume points to a prior exec run');
    expect(() => plan({ script: 'gone.js' })).toThrow(`workflow script does not exist: ${join(root, 'gone.js')}`);
    record('r1', { ...full });
    expect(() => plan({ resume: 'r1' })).toThrow('resumed run does not record a workflow script');
  });

  it('CLI-07 a run id is one folder name', () => {
    for (const id of ['', 'a/b', 'a\\b', '..', 'x..y'])
      expect(() => plan({ resume: id })).toThrow(`invalid run id (must be a single run directory name): ${id}`);
    expect(() => plan({ resume: 'latest' })).toThrow(`read ${join(root, '.odw/runs/latest.json')}`);
    put('.odw/runs/latest.json', '{"run_id":"latest"}');
    expect(() => plan({ resume: 'latest' })).toThrow('invalid run id (must be a single run directory name): latest');
  });

  it('CLI-09 run ids say time and process', () => {
    const script = put('a.js', '');
    const before = Date.now();
    const { runId, startedMs } = plan({ script });
    expect(runId).toBe(`odw-exec-${startedMs}-${process.pid}`);
    expect(startedMs).toBeGreaterThanOrEqual(before);
    record('r1', { ...full, workflow: script });
    const resumed = plan({ resume: 'r1' });
    expect(resumed.runId).toBe(`odw-exec-resume-${resumed.startedMs}-${process.pid}`);
  });

  it('WT-04 worktrees live in the per-user state, never in the repository or a folder named .odw', () => {
    expect(worktreeRoot({ ODW_HOME: '/state/odw' })).toBe('/state/odw/worktrees');
    expect(worktreeRoot({ XDG_STATE_HOME: '/state' })).toBe('/state/odw/worktrees');
    expect(worktreeRoot({ ODW_HOME: '/state/odw', ODW_WORKTREE_ROOT: '/trees' })).toBe('/trees');
    expect(worktreeRoot({})).not.toMatch(/\/\.odw(\/|$)/);
    put('a.js', '');
    expect(plan({ script: 'a.js' }, { ODW_HOME: '/state/odw' }).options.worktreeRoot).toBe('/state/odw/worktrees');
  });
});

describe('what a resume starts from', () => {
  it('RES-01 RES-06 an id or latest; recorded options are restored, a flag overrides one', () => {
    const workflow = put('a.js', 'return 1');
    record('r1', { ...full, workflow });
    put('.odw/runs/latest.json', readFileSync(join(root, '.odw/runs/r1/run.json'), 'utf8'));
    const expected = {
      backend: 'pandacode',
      provider: 'kimi',
      providerIsFlag: true,
      model: 'm',
      effort: 'high',
      timeoutMs: 60_000,
      concurrency: 7,
      maxAgents: 50,
      budget: 900,
      autoAnswer: false,
      priority: 2,
      prefixStaggerMs: 0,
    };
    for (const resume of ['r1', 'latest']) {
      const resumed = plan({ resume }, { ODW_CONCURRENCY: '99', ODW_PROVIDER: 'qwen' });
      expect(resumed.recorded?.runId).toBe('r1');
      expect(resumed.options).toMatchObject(expected);
    }
    expect(plan({ resume: 'r1', priority: 5 }).options.priority).toBe(5);
    expect(plan({ resume: 'r1', priority: 5 }).command.join(' ')).toContain('--priority 5 --prefix-stagger-ms 0');
    expect(plan({ resume: 'r1', model: 'other', budget: 1, timeout: 'none' }).options).toMatchObject({
      ...expected,
      model: 'other',
      budget: 1,
      timeoutMs: null,
    });
  });

  it('RES-05 the script is read anew, else taken as captured; the input is the recorded one', () => {
    const workflow = put('a.js', 'return 1');
    record('r1', { ...full, workflow }, { 'script.js': 'return 0', 'input.raw': '{"n":1}' });
    put('a.js', 'return 2');
    expect(plan({ resume: 'r1' })).toMatchObject({ source: 'return 2', args: { n: 1 }, scriptPath: workflow });
    const other = put('b.js', 'return 3');
    expect(plan({ resume: 'r1', script: 'b.js', input: '5' })).toMatchObject({ source: 'return 3', args: 5, scriptPath: other });
    expect(plan({ resume: 'r1', inputFile: put('in.txt', 'from a file') }).args).toBe('from a file');
    rmSync(workflow);
    rmSync(join(root, '.odw/runs/r1/input.raw'));
    expect(plan({ resume: 'r1' })).toMatchObject({ source: 'return 0', args: null });
    rmSync(join(root, '.odw/runs/r1/script.js'));
    expect(() => plan({ resume: 'r1' })).toThrow(/the script of run r1 is gone/);
  });

  it('RES-07 a run of an older tool has its backend in the launch record, or must be told', () => {
    const workflow = put('a.js', 'return 1');
    const launch = '{"type":"launch","ts_ms":1,"run_id":"old","backend":"pandacode","runner":"x.mjs"}\n';
    record('old', { workflow }, { 'events.jsonl': launch });
    expect(plan({ resume: 'old' }).options).toMatchObject({ backend: 'pandacode', effort: 'low', timeoutMs: null, concurrency: expect.any(Number) });
    expect(plan({ resume: 'old', backend: 'mock' }).options.backend).toBe('mock');
    record('silent', { workflow }, { 'events.jsonl': launch.replace('pandacode', 'other') });
    expect(() => plan({ resume: 'silent' })).toThrow(/run silent does not record its backend; pass --backend/);
    expect(plan({ resume: 'silent', backend: 'pandacode' }).options.backend).toBe('pandacode');
    record('bare', { workflow });
    expect(() => plan({ resume: 'bare' })).toThrow(/does not record its backend/);
  });

  it('FILE-03 latest leads to an id and then to its folder; one outside of .odw/runs is refused', () => {
    record('r1', { ...full, workflow: put('a.js', '') });
    put('.odw/runs/latest.json', JSON.stringify({ run_id: 'r1', run_dir: '/somewhere/else/r1' }));
    expect(() => plan({ resume: 'latest' })).toThrow(/points to \/somewhere\/else\/r1, which is not in/);
  });
});
