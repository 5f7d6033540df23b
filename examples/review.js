// Reviews a change from several sides, has every finding verified by another agent, and sums up what held.
// Input, all optional: { "change": "what to review", "sides": ["…"], "budget": { "total": 400000 } }
export const meta = {
  name: 'review',
  description: 'Review a change from several sides, verify what was found, sum it up.',
  whenToUse: 'Before a change is merged.',
  phases: [{ title: 'Review' }, { title: 'Verify' }, { title: 'Sum up' }],
};

const change = args?.change ?? 'the difference between HEAD and main';
const sides = args?.sides ?? ['correctness', 'security', 'speed', 'tests'];

// Titles that end like these have ready answers on the mock backend, so that the script can be tried without an agent.
const findings = {
  title: 'review-security-finding.schema.json',
  type: 'object',
  required: ['findings', 'clean_files', 'uncertain'],
  properties: {
    findings: { type: 'array', items: { type: 'object', required: ['file', 'problem'] } },
    clean_files: { type: 'array', items: { type: 'string' } },
    uncertain: { type: 'array' },
  },
};
const verdict = {
  title: 'review-verifier.schema.json',
  type: 'object',
  required: ['accepted', 'rejected'],
  properties: { accepted: { type: 'array' }, rejected: { type: 'array' } },
};
const summary = { title: 'review-synthesis.schema.json', type: 'object', required: ['summary', 'risks'] };

// A reply that does not match its schema, or an executor that fails for a moment, is tried again: three attempts in all.
const patient = { maxAttempts: 3, backoff: { initialMs: 2000, factor: 2, maxMs: 20_000 } };

phase('Review');
// Each side goes through both stages by itself: a fast reviewer's findings are verified while a slow one still reads.
const reviewed = await pipeline(
  sides,
  (side) =>
    agent(`Review ${change} for ${side}. Name file and problem of each finding.`, {
      label: `review ${side}`,
      schema: findings,
      schemaDescription: 'findings a developer can act on',
      retry: patient,
    }),
  (review, side) => {
    if (review.ok === false) return { side, failed: review.error.message };
    // With a budget, keep something for the summary. Without one, remaining() is Infinity.
    if (budget.remaining() < 20_000) return { side, unverified: review.findings };
    return agent(`Try to refute each of these findings about ${change}: ${JSON.stringify(review.findings)}`, {
      label: `verify ${side}`,
      phase: 'Verify',
      schema: verdict,
      retry: patient,
    });
  },
);

// A checkpoint is kept with the run: in state.json now, and for checkpoint.get() after a resume.
checkpoint('reviewed', reviewed);

// Two who do not know of each other write the summary, side by side.
phase('Sum up');
const drafts = await fanout(['a maintainer', 'the author of the change'], (reader) => ({
  prompt: `Sum up this review of ${change} for ${reader}: ${JSON.stringify(reviewed)}`,
  label: `summary for ${reader}`,
  schema: summary,
  retry: patient,
}));
const written = drafts.filter((draft) => draft !== null && draft.ok !== false);
log(`${written.length} of ${drafts.length} summaries, ${budget.spent()} tokens`);

return { ok: written.length > 0, reviewed, summaries: written };
