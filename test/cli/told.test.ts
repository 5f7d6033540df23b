import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { ExecOutput } from '../../cli/exec/output.ts';
import type { RunPlan } from '../../cli/exec/plan.ts';
import { jsonError } from '../../cli/json-error.ts';
import { printError } from '../../cli/print-error.ts';
import type { JournalRecord } from '../../schemas/journal.ts';
import { OdwError } from '../../src/errors/error.ts';
import { censusKinds, type Census } from '../../src/journal/census.ts';
import { errorTable } from '../../src/errors/table.ts';
import type { RunClosing } from '../../temporal/run/closing.ts';

const plan = {
  ...{ runId: 'r1', runDir: '/my project/.odw/runs/r1', root: '/my project', scriptPath: '/my project/a.js' },
  ...{ options: { backend: 'mock' }, command: ['odw', 'exec', '--path', '/my project'] },
} as RunPlan;
const completed: RunClosing = { status: 'completed', code: 0, closedMs: 1 };
const failed: RunClosing = { status: 'failed', code: 1, closedMs: 1, error: { category: 'workflow_error', message: 'boom' } };

function output(flags: { json?: boolean; jsonEnvelope?: boolean } = {}) {
  const told = { out: '', err: '' };
  return {
    told,
    to: new ExecOutput(
      flags,
      (text) => (told.out += text),
      (text) => (told.err += text),
      (json) => (told.out += `${json}\n`),
    ),
  };
}

const stream = (raw: unknown, fields: object = {}) =>
  ({ type: 'script_stream', seq: 1, ts_ms: 1, stream: 'stdout', summary: 'told before', raw, ...fields }) as JournalRecord;

describe('what odw exec prints', () => {
  it('CLI-11 for programs nothing of the run, but on stderr that it has parked, why, and how it goes on', () => {
    const { told, to } = output({ json: true });
    to.record(stream({ type: 'node_done', ts: '', label: 'one', ok: true }));
    to.record(stream({ type: 'run_state', ts: '', from: 'running', to: 'parked', reason: 'parked' }));
    expect(told).toEqual({ out: '', err: '' });
    to.record(stream({ type: 'park', ts: '', scope: 'provider:claude', reason: 'auth', message: 'invalid key', fix: 'set the key, then odw unpause r1' }));
    to.record(stream({ type: 'unpark', ts: '', scope: 'provider:claude', reason: 'unpaused' }));
    expect(told).toEqual({
      out: '',
      err: '[run] parked provider:claude reason=auth: invalid key\n[run] to go on: set the key, then odw unpause r1\n[run] unparked provider:claude reason=unpaused\n',
    });
  });

  it('CLI-14 the lines of a run for people, in their order, errors apart', () => {
    const { told, to } = output();
    to.header(plan, '/my project/.odw/runs/r1/events.jsonl');
    to.record(stream({ type: 'phase', ts: '', title: 'Scan', detail: '' }));
    to.record(stream('an old tool', { stream: 'stderr', summary: '[script:stderr] an old tool' }));
    to.record({ type: 'exit', seq: 2, ts_ms: 1, status: 'completed', code: 0 });
    to.notice('one thing');
    to.end(plan, completed, { ok: true }, '/r/report.html');
    expect(told.out.split('\n')).toEqual([
      '[odw] run_id=r1',
      '[odw] journal=/my project/.odw/runs/r1/events.jsonl',
      '[odw] script=/my project/a.js',
      '[odw] backend=mock',
      "[odw] odw exec --path '/my project'",
      '[phase] Scan - ',
      '[odw] completed run_id=r1',
      '[odw] logs: odw runs show r1',
      '[odw] report: /r/report.html',
      '',
    ]);
    expect(told.err).toBe('[script:stderr] an old tool\n[odw] one thing\n');
  });

  it.each<[Partial<Census>, string]>([
    [{ ok: 7, cached: 2, failed: 1, refused: 1, timeout: 1 }, ' (1 failed, 1 refused, 1 timeout of 12 nodes)'],
    [{ ok: 4, failed: 1, refused: 5 }, ' (5 refused, 1 failed of 10 nodes)'],
    [{ ok: 2, quota: 3, schemaInvalid: 2, empty: 1 }, ' (3 over a limit, 2 schema mismatch, 1 empty result of 8 nodes)'],
    [{ failed: 1 }, ' (1 failed of 1 node)'],
    [{ ok: 3, stopped: 1, skipped: 1 }, ''],
    [{}, ''],
  ])('CLI-14 the last line tells how many nodes of a completed run failed, and how: %j', (counts, told) => {
    const census = Object.fromEntries(censusKinds.map((kind) => [kind, counts[kind] ?? 0])) as Census;
    const people = output();
    people.to.end(plan, completed, null, undefined, census);
    expect(people.told.out.split('\n')[0]).toBe(`[odw] completed run_id=r1${told}`);
    const program = output({ jsonEnvelope: true });
    program.to.end(plan, completed, null, undefined, census);
    expect(JSON.parse(program.told.out)).toMatchObject({ status: 'completed', census });
  });

  it.each<[string, RunClosing, boolean, string, string]>([
    ['threw', failed, false, '', 'Error: ODW script exited with status exit status: 1; journal: /my project/.odw/runs/r1/events.jsonl\n'],
    ['returned ok:false', failed, true, '', 'Error: ODW workflow returned ok:false; journal: /my project/.odw/runs/r1/events.jsonl\n'],
  ])('CLI-08 a run that %s is never said to be completed', (_, closing, returned, out, err) => {
    const { told, to } = output();
    to.end(plan, closing, undefined, undefined);
    to.failureLine(plan, returned);
    expect(told).toEqual({ out, err });
  });

  it('CLI-08 CTRL-03 a run that was stopped says how it goes on, and who else ended it', () => {
    const { told, to } = output();
    to.stoppedLine(plan, 'the run was stopped');
    to.stoppedLine(plan, 'the run was terminated from outside: by hand');
    to.causes(['a: no money', 'b: no time']);
    expect(told.err.split('\n')).toEqual([
      'Error: run r1 was stopped; its finished nodes are kept. Go on with: odw exec --path /my project --resume r1',
      'Error: the run was terminated from outside: by hand; its finished nodes are kept. Go on with: odw exec --path /my project --resume r1',
      '[odw] failed: a: no money',
      '[odw] failed: b: no time',
      '',
    ]);
  });

  it.each<[string, RunClosing, Parameters<ExecOutput['end']>[2], unknown]>([
    ['the result', completed, { ok: true, n: [1] }, { ok: true, n: [1] }],
    ['null for no result', completed, undefined, null],
    ['a result that is false', completed, false, false],
    ['a result that says ok:false, as it is', failed, { ok: false, why: 'x' }, { ok: false, why: 'x' }],
    ['a throw', failed, undefined, { ok: false, run_id: 'r1', error: { category: 'workflow_error', message: 'boom' } }],
  ])('CLI-11 CLI-12 --json is one line and nothing else: %s', (_, closing, result, expected) => {
    const { told, to } = output({ json: true });
    to.header(plan, 'x');
    to.event('[log] a', 'stdout');
    to.event('[script:stderr] b', 'stderr');
    to.notice('c');
    to.end(plan, closing, result, '/r/report.html');
    to.failureLine(plan);
    to.stoppedLine(plan, 'the run was stopped');
    to.causes(['d']);
    expect(told.err).toBe('');
    expect(told.out.endsWith('\n')).toBe(true);
    expect(told.out.trimEnd()).not.toContain('\n');
    expect(JSON.parse(told.out)).toEqual(expected);
  });

  it('CLI-13 RUN-03 the envelope has run, status and result, and what else is known', () => {
    const { told, to } = output({ jsonEnvelope: true });
    to.header(plan, 'x');
    to.end(plan, failed, undefined, '/r/report.html');
    expect(JSON.parse(told.out)).toEqual({
      ...{ run_id: 'r1', status: 'failed', result: null, error: { category: 'workflow_error', message: 'boom' } },
      ...{ run_dir: plan.runDir, report: '/r/report.html' },
    });
    const other = output({ jsonEnvelope: true });
    other.to.end(plan, completed, 'R', undefined);
    expect(JSON.parse(other.told.out)).toEqual({ run_id: 'r1', status: 'completed', result: 'R', run_dir: plan.runDir });
  });

  it('CLI-12 a failure before the run is told to people by whoever knows how, and to programs as one line', () => {
    const people = output();
    people.to.failure(null, { category: 'x', message: 'm' }, () => people.to.notice('for people'));
    expect(people.told).toEqual({ out: '', err: '[odw] for people\n' });
    const program = output({ json: true });
    program.to.failure('r1', { category: 'x', message: 'm', next: 'do that' }, () => program.to.notice('for people'));
    expect(program.told).toEqual({ out: '{"ok":false,"run_id":"r1","error":{"category":"x","message":"m","next":"do that"}}\n', err: '' });
  });

  it('CLI-10 --dry-run prints the command, quoted; for programs its words as well', () => {
    const people = output();
    people.to.dryRun(plan);
    expect(people.told.out).toBe("odw exec --path '/my project'\n");
    const program = output({ json: true });
    program.to.dryRun(plan);
    expect(JSON.parse(program.told.out)).toEqual({ ok: true, dry_run: true, command: plan.command, shell: "odw exec --path '/my project'" });
  });
});

describe('an error', () => {
  const printed = (error: unknown) => {
    let text = '';
    const code = printError(error, (more) => (text += more));
    return [code, ...text.split('\n').slice(0, -1)];
  };

  it('CLI-02 has its message, its causes once each, what to do, and its exit code', () => {
    const disk = new Error('disk is full');
    const cause = new Error('cannot write', { cause: new Error('cannot write', { cause: disk }) });
    const error = new OdwError('journal-write-failed', 'the journal is lost', { cause });
    expect(printed(error)).toEqual([
      1,
      'Error: the journal is lost',
      'Caused by:',
      '  cannot write',
      '  disk is full',
      `  → ${errorTable['journal-write-failed'].next} (journal-write-failed, docs/errors.md)`,
    ]);
    expect(printed(new OdwError('option-invalid', 'x', { exitCode: 2, next: 'do this instead' }))).toEqual([
      2,
      'Error: x',
      '  → do this instead (option-invalid, docs/errors.md)',
    ]);
  });

  it('CLI-02 a cause whose words the message has already is not said again; what is no error is its text', () => {
    expect(printed(new Error('cannot read a.json: ENOENT', { cause: new Error('ENOENT') }))).toEqual([1, 'Error: cannot read a.json: ENOENT']);
    expect(printed('a text')).toEqual([1, 'Error: a text']);
    expect(printed(undefined)).toEqual([1, 'Error: undefined']);
    expect(printed(new Error('a', { cause: 'a reason in words' }))).toEqual([1, 'Error: a', 'Caused by:', '  a reason in words']);
  });

  it('CLI-02 causes that go round in a circle end', () => {
    const one = new Error('one');
    const two = new Error('two', { cause: one });
    one.cause = two;
    expect(printed(one)).toEqual([1, 'Error: one', 'Caused by:', '  two']);
  });

  it.each([
    [new OdwError('run-not-found', 'm'), { ok: false, code: 'RUN_NOT_FOUND', message: 'm', next: errorTable['run-not-found'].next }],
    [new OdwError('command-refused', 'm', { fields: { code: 'NODE_UNKNOWN' }, next: 'n' }), { ok: false, code: 'NODE_UNKNOWN', message: 'm', next: 'n' }],
    [
      new CommanderError(1, 'commander.x', "error: unknown option '--x'"),
      { ok: false, code: 'USAGE', message: "unknown option '--x'", next: expect.any(String) as string },
    ],
    [new TypeError('x is not a function'), { ok: false, code: 'INTERNAL', message: 'x is not a function' }],
    ['text', { ok: false, code: 'INTERNAL', message: 'text' }],
  ])('CMD-01 is for programs an object with a code: %s', (error, expected) => {
    expect(jsonError(error)).toEqual(expected);
  });
});
