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
import { errorTable } from '../../src/errors/table.ts';
import { workerDown } from '../../temporal/run/send-command.ts';
import { aboutSchedule } from '../../temporal/schedule/problems.ts';
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

// What a person would have to know, or could take for a word of the command.
const placeholder = /<\w+>|\{\w+\}|(?<![\w./-])(ID|NAME|FOLDER|DIR|COMMAND|LABEL|RUN|[B-HJ-Z])(?![\w/-]|\.\w)/;

describe('advice', () => {
  it.each(Object.keys(categories) as Category[])('PC-OUT-01 what to do after %s is said with the names of the run', (category) => {
    const { error } = buildReport({ ...parts, session: 'my-session', failure: failure(category, 'why') });
    expect(error?.next_action).toMatch(/\.$/);
    expect(error?.next_action).not.toMatch(placeholder);
    if (categories[category].next.includes('{')) expect(error?.next_action).toMatch(/`pandacode claude (answer|resume) --session my-session/);
  });

  it.each(Object.entries(errorTable))('CLI-02 what to do about %s holds no place that nobody filled', (_slug, { next }) => {
    expect(next).not.toMatch(placeholder);
  });

  it('CLI-02 commands about a run or a schedule name it', async () => {
    expect(workerDown('run-7', 'why').next).toContain('odw exec --resume run-7');
    const taken = Object.assign(new Error('taken'), { name: 'ScheduleAlreadyRunning' });
    await expect(aboutSchedule('nightly', Promise.reject(taken))).rejects.toMatchObject({ next: expect.stringContaining('odw schedule rm nightly') });
  });
});

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
