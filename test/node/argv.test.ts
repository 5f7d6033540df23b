import { describe, expect, it } from 'vitest';
import { answerArgv, taskArgv, type CallFiles } from '../../activities/run-node/argv.ts';
import { EXECUTOR_FEATURES } from '../../activities/executor/resolve-executor.ts';
import type { NodeRequest } from '../../schemas/node.ts';
import { request } from './support.ts';

const files: CallFiles = {
  cwd: '/w',
  taskFile: '/r/p.md',
  report: '/n/1/report.json',
  executorPid: '/n/1/executor.json',
  events: '/n/events.jsonl',
  dispatchId: 'd1',
  remainingMs: null,
};
const plain = { codexctlBin: 'codexctl', features: new Set<string>() };
const argv = (fields: Partial<NodeRequest>, more: Partial<CallFiles> = {}, executor: Parameters<typeof taskArgv>[2] = plain) =>
  taskArgv('exec', request('/w', { session: 'S', ...fields }), executor, { ...files, ...more }).join(' ');

describe('executor command lines', () => {
  it('EXEC-05 EXEC-09 claude: prefix, model, effort, no limit unless given', () => {
    expect(argv({})).toBe('claude exec --cd /w --session S --task-file /r/p.md --json --effort low');
    expect(argv({ model: 'm', effort: 'high' }, { remainingMs: 1500.7 })).toBe(
      'claude exec --cd /w --session S --task-file /r/p.md --json --model m --effort high --timeout-ms 1500',
    );
  });

  it('EXEC-05 COMPAT-09 bamboo: the provider comes first', () => {
    expect(argv({ runtime: 'bamboo', provider: 'deepseek' })).toBe(
      'bamboo exec --provider deepseek --cd /w --session S --task-file /r/p.md --json --effort low',
    );
    expect(argv({ runtime: 'claude', provider: 'deepseek' })).not.toContain('--provider');
  });

  it('EXEC-04 EXEC-05 codex: codexctl and permission end the compatible part', () => {
    expect(argv({ runtime: 'codex' })).toBe('codex exec --cd /w --session S --task-file /r/p.md --json --effort low --codexctl-bin codexctl --permission max');
    expect(argv({ runtime: 'codex', permission: 'limited' }, {}, { ...plain, codexctlBin: '/bin/ctl' })).toMatch(
      /--codexctl-bin \/bin\/ctl --permission limited$/,
    );
  });

  it('EXEC-04 an explicit limit of permission is never dropped', () => {
    expect(argv({ permission: 'limited' })).toMatch(/--effort low --permission limited$/);
    expect(argv({ permission: 'max' })).not.toContain('--permission');
  });

  it('EXEC-05 gateway and agent come after permission', () => {
    expect(argv({ permission: 'limited', gateway: 'g' })).toMatch(/--permission limited --gateway g$/);
    expect(argv({ runtime: 'acp', acpAgent: 'gemini' })).toMatch(/--effort low --agent gemini$/);
  });

  it('EXEC-18 announced flags follow in their order; the schema file only with a schema', () => {
    const own = { features: new Set<string>(EXECUTOR_FEATURES) };
    const tail = '--report-file /n/1/report.json --pid-file /n/1/executor.json --dispatch-id d1 --detach-safe --events-file /n/events.jsonl';
    expect(argv({}, {}, own)).toBe(`claude exec --cd /w --session S --task-file /r/p.md --json --effort low ${tail}`);
    expect(argv({}, { schema: '/n/schema.json' }, own)).toMatch(/--events-file \/n\/events\.jsonl --schema-file \/n\/schema\.json$/);
    expect(argv({}, {}, { features: new Set(['--detach-safe', '--report-file']) })).toMatch(/--effort low --report-file \/n\/1\/report\.json --detach-safe$/);
  });

  it('LIMIT-01 EXEC-18 the turns of a node go to an executor that knows the flag, and to no other', () => {
    expect(argv({ maxTurns: 7 }, {}, { features: new Set<string>(EXECUTOR_FEATURES) })).toMatch(/--events-file \S+ --max-steps 7$/);
    expect(argv({ maxTurns: 7 })).not.toContain('--max-steps');
  });

  it('EXEC-14 EXEC-10 answers carry the session, the text and what is left of the limit', () => {
    const codex = request('/w', { runtime: 'codex', session: 'S' });
    expect(answerArgv(codex, plain, '/w', 'go on', 99)).toEqual([
      'codex',
      'answer',
      '--cd',
      '/w',
      '--session',
      'S',
      '--text',
      'go on',
      '--wait',
      '--json',
      '--timeout-ms',
      '99',
      '--codexctl-bin',
      'codexctl',
    ]);
    expect(answerArgv(request('/w', { session: 'S' }), plain, '/w', 'go on', null)).toEqual([
      'claude',
      'answer',
      '--cd',
      '/w',
      '--session',
      'S',
      '--text',
      'go on',
      '--wait',
      '--json',
    ]);
  });
});
