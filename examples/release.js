// A workflow of workflows: reviews the change and audits the files, both by scripts of their own, and decides on the release with what they returned.
// Run it from the folder that holds `examples/`; in your project, put scripts into `.claude/workflows` and call them by name: workflow('review', …).
export const meta = {
  name: 'release',
  description: 'Run the review and the audit side by side, then decide.',
  phases: [{ title: 'Check' }, { title: 'Decide' }],
};

const change = args?.change ?? 'the difference between HEAD and the last tag';

phase('Check');
// Children share the budget and the limit on agents of this run. What a child throws would end this script too: here it becomes a finding.
const asFinding = (error) => ({ ok: false, error: { message: String(error?.message ?? error) } });
const [review, audit] = await Promise.all([
  workflow('./examples/review.js', { change, sides: ['correctness', 'compatibility'] }).catch(asFinding),
  workflow('./examples/audit.js', { files: args?.files ?? ['src/login.js', 'src/upload.js'] }).catch(asFinding),
]);

phase('Decide');
const decision = await agent(`Decide whether to release ${change}.\nReview: ${JSON.stringify(review)}\nAudit: ${JSON.stringify(audit)}`, {
  label: 'decide',
  schema: { type: 'object', required: ['release', 'why'], properties: { release: { type: 'boolean' }, why: { type: 'string' } } },
  mockValue: { release: true, why: 'review and audit found nothing that holds' },
});

// `ok: false` makes the run failed, exit code 1: a pipeline around it stops.
return { ok: decision.release === true && review.ok !== false && audit.ok !== false, decision };
