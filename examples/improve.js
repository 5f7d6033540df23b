// Goes on looking for the next worthwhile improvement as long as the budget lasts, at most ten rounds, and keeps enough of it for the report.
// odw exec --script examples/improve.js --budget 400000
export const meta = {
  name: 'improve',
  description: 'One small, verified improvement after the other, within a token budget.',
  phases: [{ title: 'Improve' }, { title: 'Report' }],
};

const reserve = args?.reserve ?? 30_000;
const goal = args?.goal ?? 'start-up time';
const step = {
  type: 'object',
  required: ['done', 'change'],
  properties: { done: { type: 'boolean', description: 'nothing worthwhile is left' }, change: { type: 'string' }, gain: { type: 'string' } },
};

const steps = [];
let dearest = 0;
phase('Improve');
// Without a budget remaining() is Infinity, and the rounds are the only limit: a loop around agents needs one that always holds.
for (let round = 1; round <= 10; round++) {
  // The next round is expected to cost what the dearest one did: stop before it would eat the report's share.
  if (budget.remaining() < dearest + reserve) {
    log(`stopped before round ${round}: ${budget.remaining()} tokens are left`);
    break;
  }
  const before = budget.spent();
  const made = await agent(
    `Find the best small improvement of ${goal} that is not among these, make it and measure it:\n${JSON.stringify(steps.map((one) => one.change))}`,
    {
      label: `round ${round}`,
      isolation: 'worktree',
      schema: step,
      mockValue: { done: round === 6, change: `improvement ${round}`, gain: '2 %' },
      mockWriteFile: `src/improvement-${round}.js`,
      mockTokens: 60_000,
    },
  );
  dearest = Math.max(dearest, budget.spent() - before);
  if (made.ok === false || made.done) break;
  steps.push({ change: made.change, gain: made.gain, patch: made.worktree.diffFile });
  // Kept with the run: a look at state.json shows how far it is.
  checkpoint('steps', steps);
}

phase('Report');
const report = await agent(`Write a short report on these improvements of ${goal}:\n${JSON.stringify(steps)}`, {
  label: 'report',
  mockAgentText: 'done',
  mockTokens: 8_000,
});
return { steps, report, spent: budget.spent(), exact: !budget.approx };
