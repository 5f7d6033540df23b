// Writes tests for modules that have none, and goes on until a second agent has seen them pass and fail for the right reason, at most three rounds each.
// Input, all optional: { "modules": ["src/parser.js"], "command": "npm test" }
export const meta = {
  name: 'write-tests',
  description: 'Write tests, verify them independently, and repeat with what the verifier said.',
  phases: [{ title: 'Write' }, { title: 'Verify' }],
};

const modules = args?.modules ?? ['src/parser.js', 'src/clock.js'];
const command = args?.command ?? 'npm test';
const rounds = 3;

const verdict = {
  type: 'object',
  required: ['passes', 'catchesABug', 'notes'],
  properties: {
    passes: { type: 'boolean', description: 'the tests pass on the code as it is' },
    catchesABug: { type: 'boolean', description: 'they fail when a bug is put into the module' },
    notes: { type: 'string' },
  },
};

const results = await fanout(modules, (module) => async () => {
  let notes = '';
  for (let round = 1; round <= rounds; round++) {
    const written = await agent(
      `Write tests for ${module} that would catch real mistakes. Run \`${command}\` until they pass.${notes && `\nA reviewer turned down the last version:\n${notes}`}`,
      {
        label: `write ${module} #${round}`,
        phase: 'Write',
        isolation: 'worktree',
        mockAgentText: `wrote tests for ${module}`,
        mockWriteFile: `test/round-${round}.test.js`,
      },
    );
    if (written.ok === false) return { module, verified: false, notes: written.error.message };
    const seen = await agent(
      `Apply this patch and run \`${command}\`. Then put a small bug into ${module} and run it again. Report what you saw.\n\n${written.worktree.diff}`,
      {
        label: `verify ${module} #${round}`,
        phase: 'Verify',
        isolation: 'worktree',
        schema: verdict,
        // Played on the mock backend: the first version of the parser's tests is too weak.
        mockValue: { passes: true, catchesABug: round > 1 || module !== modules[0], notes: 'an off-by-one in the loop stays unseen' },
      },
    );
    if (seen.ok === false) return { module, verified: false, notes: seen.error.message };
    if (seen.passes && seen.catchesABug) return { module, verified: true, rounds: round, patch: written.worktree.diffFile };
    notes = seen.notes;
  }
  return { module, verified: false, notes };
});

// A module that threw is null; it is not verified either.
return { ok: results.every((one) => one?.verified === true), results };
