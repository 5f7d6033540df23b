import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countResults as count, type VitestResults } from '../../scripts/count-results.mjs';

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

describe('test.mjs', () => {
  const runner = fileURLToPath(new URL('../../scripts/test.mjs', import.meta.url));
  it.each([[[]], [['unit', 'unheard-of']]])('refuses a wrong list of suites: %j', (args) => {
    const { status, stderr } = spawnSync(process.execPath, [runner, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('usage: node scripts/test.mjs SUITE…  (unit, integration, real, browser, scale, engine, package)');
  });
});
