export const meta = {
  name: 'onboard',
  description: 'Explain a project to a newcomer: map it, read its parts side by side, write the tour.',
  whenToUse: 'When somebody new joins, or before a long absence ends.',
  dialect: 'claude',
  phases: [{ title: 'Map' }, { title: 'Read' }, { title: 'Write' }],
};

// Written for Claude Code's workflows, and run by odw with their rules: `meta` comes first, a failed agent is `null`, `args` is undefined when none were given.
const parts = {
  type: 'object',
  required: ['parts'],
  properties: { parts: { type: 'array', items: { type: 'string' } } },
};

phase('Map');
const map = await agent('Name the main parts of this project, at most six, most important first.', {
  label: 'map',
  schema: parts,
  mockValue: { parts: ['command line', 'engine', 'storage'] },
});
if (map === null) return { tour: null };

phase('Read');
const chapters = await parallel(
  map.parts.map(
    (part) => () => agent(`Explain "${part}" to a newcomer: what it does, where it starts, what surprises.`, { label: part, mockAgentText: `About ${part}.` }),
  ),
);
// In this dialect what is missing is null, so this keeps the chapters that are there.
const written = chapters.filter(Boolean);
log(`${written.length} of ${map.parts.length} chapters`);

phase('Write');
const tour = await agent(`Write a one-hour tour for ${args?.who ?? 'a newcomer'} from these chapters:\n${written.join('\n')}`, {
  label: 'tour',
  mockAgentText: 'Start here.',
});
return { tour };
