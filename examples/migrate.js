// Moves every call site of an old API to the new one. Each site is migrated in a git worktree of its own, tested there, and looked at by another agent.
// Nothing is applied: the result names one patch file per accepted site, in the folder of the run, for `git apply --index --binary`.
// Input, all optional: { "from": "the old API", "to": "the new one", "check": "the command that must pass" }
export const meta = {
  name: 'migrate',
  description: 'Migrate call sites in worktrees, with a check and a second opinion for each.',
  phases: [{ title: 'Find' }, { title: 'Migrate' }, { title: 'Judge' }],
};

const from = args?.from ?? 'the callback form of fs.readFile';
const to = args?.to ?? 'fs.promises.readFile';
const check = args?.check ?? 'npm test';

const siteList = {
  type: 'object',
  required: ['sites'],
  properties: {
    sites: { type: 'array', items: { type: 'object', required: ['file', 'why'], properties: { file: { type: 'string' }, why: { type: 'string' } } } },
  },
};
const migration = {
  type: 'object',
  required: ['checkPassed', 'summary'],
  properties: { checkPassed: { type: 'boolean' }, summary: { type: 'string' } },
};
const judgement = { type: 'object', required: ['accept', 'reason'], properties: { accept: { type: 'boolean' }, reason: { type: 'string' } } };

phase('Find');
const found = await agent(`List every file of this project that uses ${from}, with the reason.`, {
  label: 'find sites',
  schema: siteList,
  mockValue: { sites: ['config', 'cache', 'server'].map((name) => ({ file: `src/${name}.js`, why: 'calls it once' })) },
});
if (found.ok === false) return found;

const done = await pipeline(
  found.sites,
  ({ file, why }) =>
    agent(`In ${file} (${why}), replace ${from} by ${to}. Change nothing else. Then run \`${check}\` and say whether it passed.`, {
      label: `migrate ${file}`,
      phase: 'Migrate',
      isolation: 'worktree',
      schema: migration,
      retry: { maxAttempts: 2 },
      mockValue: { checkPassed: file !== 'src/cache.js', summary: `moved ${file}` },
      mockWriteFile: file,
    }),
  (result, { file }) => {
    // What failed, did nothing or broke the check needs no second opinion; it is no success either.
    if (result.ok === false) return { file, accepted: false, reason: result.error.message };
    if (!result.worktree.changed || !result.checkPassed) return { file, accepted: false, reason: `not changed, or \`${check}\` does not pass` };
    // The patch itself, not its path: a path differs from run to run, and after a resume a prompt that differs is asked again.
    return agent(`Does this patch replace ${from} by ${to} and nothing else? Look for lost error handling.\n\n${result.worktree.diff}`, {
      label: `judge ${file}`,
      phase: 'Judge',
      schema: judgement,
      mockValue: { accept: true, reason: 'only the call changed' },
    }).then((opinion) => ({ file, accepted: opinion.accept === true, reason: opinion.reason ?? opinion.error.message, patch: result.worktree.diffFile }));
  },
);

const accepted = done.filter((site) => site?.accepted);
log(`${accepted.length} of ${found.sites.length} sites can be applied`);
return { patches: accepted.map((site) => site.patch), left: done.filter((site) => !site?.accepted) };
