// Waits for the build of a branch without holding anything: the timer is durable, so the run survives a restart of the machine in between.
// Input, all optional: { "branch": "main", "everyMinutes": 10, "tries": 36 }
export const meta = {
  name: 'wait-for-ci',
  description: 'Ask for a build until it has ended, then explain a red one.',
  phases: [{ title: 'Wait' }, { title: 'Explain' }],
};

const branch = args?.branch ?? 'main';
const tries = args?.tries ?? 36;
const pauseMs = odw.backend === 'mock' ? 100 : (args?.everyMinutes ?? 10) * 60_000;
const status = { type: 'object', required: ['state'], properties: { state: { enum: ['running', 'green', 'red', 'none'] }, url: { type: 'string' } } };

let build = { state: 'none' };
phase('Wait');
for (let turn = 1; turn <= tries; turn++) {
  const seen = await agent(`What is the state of the newest build of the branch ${branch}? Only look, start nothing. This is look number ${turn}.`, {
    label: `look ${turn}`,
    model: args?.model,
    permission: 'limited',
    schema: status,
    mockValue: { state: turn < 3 ? 'running' : 'red', url: 'https://ci.example.org/1' },
  });
  // A look that failed tells nothing: the next one may.
  if (seen.ok !== false) build = seen;
  if (build.state === 'green' || build.state === 'red') break;
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
if (build.state !== 'red') return { ok: build.state === 'green', build };

phase('Explain');
const cause = await agent(`The build ${build.url ?? ''} of ${branch} is red. Find the first real error and the commit that caused it.`, {
  label: 'explain',
  mockAgentText: 'a flaky clock',
});
return { ok: true, build, cause };
