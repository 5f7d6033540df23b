// Reads files side by side; what one agent finds, a second one checks at once, while other files are still being read.
export const meta = {
  name: 'audit',
  description: 'Look for bugs file by file, with a second opinion on each.',
  phases: [{ title: 'Find' }, { title: 'Check' }, { title: 'Report' }],
};

const findings = {
  title: 'security-finding.schema.json',
  type: 'object',
  required: ['findings'],
  properties: { findings: { type: 'array', items: { type: 'string' } } },
};
const files = args?.files ?? ['src/login.js', 'src/upload.js', 'src/query.js'];

const find = (file) => agent(`Find security bugs in ${file}.`, { label: `find ${file}`, phase: 'Find', schema: findings, retry: { maxAttempts: 3 } });
const check = (found, file) => {
  if (found.ok === false) return found; // the failure of an agent is a value, with a category and a message
  return agent(`Which of these are real bugs in ${file}? ${JSON.stringify(found.findings)}`, { label: `check ${file}`, phase: 'Check' });
};
const checked = await pipeline(files, find, check);

phase('Report');
return { report: await agent(`Write a report for the team from these notes:\n${JSON.stringify(checked)}`, { label: 'report' }) };
