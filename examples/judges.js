// Several agents solve the same task, a panel judges every solution by one criterion each, and plain code counts: no agent decides alone.
// Input, all optional: { "task": "…", "solutions": 3 }
export const meta = {
  name: 'judges',
  description: 'Independent solutions, a panel of judges, and the best one.',
  phases: [{ title: 'Solve' }, { title: 'Judge' }, { title: 'Finish' }],
};

const task = args?.task ?? 'Design a cache for parsed configuration files that notices edits.';
const criteria = ['is correct in every corner case', 'is simple to read and to change', 'can be tested without tricks'];
const score = {
  type: 'object',
  required: ['score', 'reason'],
  properties: { score: { type: 'integer', minimum: 0, maximum: 10 }, reason: { type: 'string' } },
};
const letters = ['A', 'B', 'C', 'D', 'E'].slice(0, args?.solutions ?? 3);

phase('Solve');
// Equal prompts are nodes of their own: asking three times means three answers.
const drafts = await fanout(letters, (letter) => ({
  prompt: `${task}\nGive the design and its main code. Work alone, do not look for other designs.`,
  label: `solution ${letter}`,
  mockAgentText: `solution ${letter}`,
}));
const solutions = letters.map((letter, index) => ({ letter, text: drafts[index] })).filter(({ text }) => typeof text === 'string');
if (solutions.length === 0) return { ok: false, error: { message: 'no agent solved the task' } };

phase('Judge');
const scored = await fanout(solutions, async ({ letter, text }) => {
  const opinions = await fanout(criteria, (criterion) => ({
    prompt: `Judge only whether this solution ${criterion}. Be strict: 10 is rare.\nTask: ${task}\n\n${text}`,
    label: `${letter}: ${criterion}`,
    schema: score,
    mockValue: { score: letter === 'B' ? 8 : 6, reason: 'played' },
  }));
  // A judge who failed is no vote: the mean is over those who judged, and with fewer than two there is none.
  const votes = opinions.filter((one) => one !== null && one.ok !== false);
  const mean = votes.length < 2 ? null : votes.reduce((sum, one) => sum + one.score, 0) / votes.length;
  return { letter, text, mean, reasons: votes.map((one) => one.reason) };
});

const ranked = scored.filter((one) => one !== null && one.mean !== null).sort((a, b) => b.mean - a.mean || a.letter.localeCompare(b.letter, 'en'));
if (ranked.length === 0) return { ok: false, error: { message: 'too few judges answered' } };
const [best, ...others] = ranked;
log(ranked.map(({ letter, mean }) => `${letter} ${mean.toFixed(1)}`).join(', '));

phase('Finish');
const final = await agent(`Finish this solution. Mend what the judges saw, and take over what is better in the others.\n${JSON.stringify({ best, others })}`, {
  label: 'finish',
  mockAgentText: 'the finished solution',
});
return { winner: best.letter, scores: Object.fromEntries(ranked.map(({ letter, mean }) => [letter, mean])), final };
