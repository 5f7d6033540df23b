// The smallest workflow that shows the idea: two agents side by side, one that uses both answers.
export const meta = {
  name: 'hello',
  description: 'Two agents in parallel, then one that puts their answers together.',
  phases: [{ title: 'Look' }, { title: 'Report' }],
};

phase('Look');
const [files, risks] = await parallel([
  () => agent('List the main files of this project and what each is for.', { label: 'files' }),
  () => agent('Name the three riskiest places in this project and why.', { label: 'risks' }),
]);

phase('Report');
const report = await agent(`Write a one-page overview from these notes:\n${JSON.stringify({ files, risks })}`, { label: 'overview' });

return { report };
