// A run to look at: what the journal and the report show of groups, retries, tokens and a failure. Made for the mock backend:
// the `mock…` options play agents that take time, spend tokens and fail. Other backends ignore them.
export const meta = {
  name: 'tour',
  description: 'A run to look at, with groups, retries, tokens and a failure.',
  phases: [{ title: 'Explore' }, { title: 'Fix' }, { title: 'Report' }],
};

const slow = (ms, tokens, text) => ({ mockDelayMs: ms, mockTokens: tokens, mockAgentText: text });
const modules = ['router', 'session', 'storage', 'mailer'];

phase('Explore');
const notes = await parallel([
  () =>
    agent('List the modules of this project and what each is for.', { label: 'map', ...slow(900, 8_200, 'Four modules: router, session, storage, mailer.') }),
  () => agent('Read the last ten bug reports and name the modules they hit.', { label: 'bug reports', ...slow(1400, 15_400, 'All four.') }),
  () => agent('Run the tests and name the slowest ones.', { label: 'tests', ...slow(700, 5_100, 'storage.test.js takes 40 s.') }),
]);
log('explored', { notes: notes.length });

phase('Fix');
const fixed = await pipeline(
  modules,
  (name, _item, index) => {
    const text = `Closed a race in ${name}.js; a test shows it.`;
    return agent(`Find and fix the worst bug in ${name}.`, {
      label: `fix ${name}`,
      ...slow(800 + index * 350, 21_000 + index * 4_000, text),
      // One of them fails, is tried again, and fails for good.
      ...(name === 'mailer' ? { retry: { maxAttempts: 2, backoff: 300 }, mockFail: true, mockRetryable: true } : {}),
    });
  },
  (result, name) =>
    result.ok === false ? result : agent(`Review this fix of ${name}: ${result}`, { label: `review ${name}`, ...slow(600, 9_300, 'Looks right.') }),
);
checkpoint('fixed', fixed.filter((result) => result.ok !== false).length);

phase('Report');
const drafts = await fanout(['users', 'developers'], (reader) => ({
  prompt: `Write release notes for ${reader} from this:\n${JSON.stringify(fixed)}`,
  label: `notes for ${reader}`,
  ...slow(1000, 6_000, `Three bugs are fixed (for ${reader}).`),
}));
return { drafts };
