import { describe, expect, it } from 'vitest';
import { categories, type Category } from '../../pandacode/errors/categories.ts';
import { failure } from '../../pandacode/errors/failure.ts';
import { buildReport, type ReportParts } from '../../pandacode/report/report.ts';
import { usage } from '../../pandacode/usage/usage.ts';
import { needsInput } from '../../src/executor-report/needs-input.ts';
import { succeeded } from '../../src/executor-report/normalise.ts';
import { parseStdout } from '../../src/executor-report/parse-stdout.ts';
import { reportTokens } from '../../src/executor-report/tokens.ts';
import { finalText } from '../../src/executor-report/final-text.ts';
import { reportModel } from '../../src/executor-report/model.ts';

const turn = {
  threadId: 't',
  finalText: 'the answer',
  usage: null,
  rawUsage: null,
  cost: { amount: null, currency: null, basis: 'none' },
  model: 'm',
  baseline: {},
  stderrTail: '',
  summary: {},
  extra: {},
} as const;
const parts: ReportParts = {
  runtime: { name: 'claude', driver: 'd' },
  action: 'exec',
  session: 's',
  dispatchId: null,
  startedMs: 1,
  warnings: [],
  notes: [],
  turn,
  usage: usage({ input: 10, output: 2 }),
};

/** What odw makes of a report as it is printed. */
function read(report: ReturnType<typeof buildReport>, indent?: number) {
  const noise = 'a line that is no report\n';
  const stdout = indent === undefined ? `${noise}${JSON.stringify(report)}\n` : `${JSON.stringify(report, null, indent)}\n`;
  return { parsed: parseStdout(stdout), exitCode: report.exit_code };
}

describe('reports as odw reads them', () => {
  for (const indent of [undefined, 2]) {
    it.each(Object.keys(categories) as Category[])(`PC-TEST-10 PC-OUT-01 %s, ${indent ? 'pretty' : 'compact'}`, (category) => {
      const { parsed, exitCode } = read(buildReport({ ...parts, failure: failure(category, 'why') }), indent);
      expect(parsed).toMatchObject({
        ok: false,
        state: categories[category].state,
        error: { category, message: 'why', retryable: categories[category].retryable },
      });
      expect(succeeded({ report: parsed!, exitCode })).toBe(false);
      expect(needsInput(parsed)).toBe(category === 'pandacode_needs_input');
      expect([reportTokens(parsed), finalText(parsed), reportModel(parsed)]).toEqual([12, 'the answer', 'm']);
    });

    it(`PC-TEST-10 PC-REP-01 success, ${indent ? 'pretty' : 'compact'}`, () => {
      const { parsed, exitCode } = read(buildReport({ ...parts, structured: { value: { ok: false } } }), indent);
      expect(parsed).toMatchObject({ ok: true, state: 'completed', structured_output: { ok: false } });
      expect(succeeded({ report: parsed!, exitCode })).toBe(true);
      expect([reportTokens(parsed), finalText(parsed), reportModel(parsed)]).toEqual([12, 'the answer', 'm']);
    });
  }
});
