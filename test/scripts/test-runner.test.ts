import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countResults as count, failedFiles, withSecondLook, type VitestResults } from '../../scripts/count-results.mjs';

const file = (status: string, tests: string[], message = '') => ({
  name: '/p/a.test.ts',
  status,
  message,
  assertionResults: tests.map((test) => ({ status: test })),
});
const results = (passed: number, failed: number, pending: number, testResults: VitestResults['testResults'] = []) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: pending,
  numTodoTests: 0,
  testResults,
});

describe('the counts of a suite', () => {
  it('are those of its tests', () => {
    expect(count(0, results(3, 0, 0))).toStrictEqual({ passed: 3, failed: 0, skipped: 0, problems: [] });
    expect(count(1, results(3, 2, 1, [file('failed', ['failed'])]))).toStrictEqual({ passed: 3, failed: 2, skipped: 1, problems: [] });
  });

  it('hold one failure more for a file that cannot be loaded', () => {
    const counts = count(1, results(3, 0, 0, [file('passed', ['passed']), file('failed', [], 'Cannot find module x\n  at y')]));
    expect(counts).toStrictEqual({ passed: 3, failed: 1, skipped: 0, problems: ['/p/a.test.ts failed outside its tests: Cannot find module x'] });
  });

  it('hold a failure when the runner fails by itself or crashes', () => {
    expect(count(1, results(3, 0, 0))).toMatchObject({ passed: 3, failed: 1, problems: ['the test runner ended with 1 and no failed test'] });
    expect(count('SIGKILL', undefined)).toMatchObject({ passed: 0, failed: 1, problems: ['the test runner ended with SIGKILL and no failed test'] });
  });

  it('hold a failure when nothing ran', () => {
    expect(count(0, results(0, 0, 0))).toMatchObject({ failed: 1, problems: ['no test ran'] });
    expect(count(0, undefined)).toMatchObject({ failed: 1 });
  });
});

describe('a second look at failed files', () => {
  const test = (fullName: string, status: string) => ({ fullName, status });
  const named = (name: string, tests: { fullName: string; status: string }[], failed = tests.some(({ status }) => status === 'failed')) => ({
    name,
    status: failed ? 'failed' : 'passed',
    message: '',
    assertionResults: tests,
  });
  const ran = (code: number, files: VitestResults['testResults']) => {
    const tests = files.flatMap(({ assertionResults }) => assertionResults);
    const of = (wanted: string) => tests.filter(({ status }) => status === wanted).length;
    const all = results(of('passed'), of('failed'), of('skipped'), files);
    const { problems: _, ...counts } = count(code, all);
    return { results: all, counts };
  };
  const steady = named('/p/a.ts', [test('one', 'passed'), test('two', 'passed')]);
  const first = ran(1, [steady, named('/p/b.ts', [test('three', 'failed'), test('four', 'passed'), test('five', 'skipped')])]);

  it('takes what passes alone as passed, and names it', () => {
    expect(failedFiles(first.results)).toEqual(['/p/b.ts']);
    const second = ran(0, [named('/p/b.ts', [test('three', 'passed'), test('four', 'passed'), test('five', 'skipped')])]);
    expect(withSecondLook(first, second)).toEqual({ passed: 4, failed: 0, skipped: 1, unsteady: ['/p/b.ts > three'] });
  });

  it('keeps what fails twice, and what fails only the second time', () => {
    const twice = ran(1, [named('/p/b.ts', [test('three', 'failed'), test('four', 'passed'), test('five', 'skipped')])]);
    expect(withSecondLook(first, twice)).toEqual({ passed: 3, failed: 1, skipped: 1, unsteady: [] });
    const other = ran(1, [named('/p/b.ts', [test('three', 'passed'), test('four', 'failed'), test('five', 'skipped')])]);
    expect(withSecondLook(first, other)).toEqual({ passed: 3, failed: 1, skipped: 1, unsteady: ['/p/b.ts > three'] });
  });

  it('looks at files that fail outside their tests too', () => {
    const broken = ran(1, [steady, named('/p/c.ts', [test('six', 'passed')], true)]);
    expect(broken.counts).toEqual({ passed: 3, failed: 1, skipped: 0 });
    expect(withSecondLook(broken, ran(0, [named('/p/c.ts', [test('six', 'passed')])]))).toEqual({ passed: 3, failed: 0, skipped: 0, unsteady: ['/p/c.ts'] });
  });

  it('is a failure when the second run breaks', () => {
    const crashed = { results: undefined, counts: { passed: 0, failed: 1, skipped: 0 } };
    expect(withSecondLook(first, crashed)).toEqual({ passed: 2, failed: 1, skipped: 0, unsteady: [] });
    expect(failedFiles(undefined)).toEqual([]);
  });
});

describe('test.mjs', () => {
  const runner = fileURLToPath(new URL('../../scripts/test.mjs', import.meta.url));
  it.each([[[]], [['unit', 'unheard-of']]])('refuses a wrong list of suites: %j', (args) => {
    const { status, stderr } = spawnSync(process.execPath, [runner, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('usage: node scripts/test.mjs SUITE…  (unit, integration, crash, real, browser, scale, engine, package)');
  });
});
