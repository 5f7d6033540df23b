// Translates pages with one glossary, and is made to be run again and again: `odw exec --resume latest` after an edit of the page list asks only for what is new.
// Input, all optional: { "language": "German", "pages": ["docs/guide.md"] }
export const meta = {
  name: 'translate',
  description: 'Translate pages with a shared glossary; made to be resumed and edited.',
  phases: [{ title: 'Glossary' }, { title: 'Translate' }],
};

const language = args?.language ?? 'German';
const pages = args?.pages ?? ['docs/guide.md', 'docs/scripts.md', 'docs/schemas.md'];

// An answer is found again by its key and by what was asked. `id` gives the node a key that a person can read in state.json and in the views; it has to be
// unique, and made from what the node is about. A number in a list would move when the list changes.
phase('Glossary');
const glossary = await agent(`Make a glossary for translating technical documentation into ${language}: the fifty most important words.`, {
  id: `glossary:${language}`,
  label: 'glossary',
  mockAgentText: 'run = Lauf, node = Knoten',
});
if (glossary.ok === false) return glossary;

// Put into a prompt only what the answer depends on. The page is named, not pasted in: the agent reads it. And what changes between runs without
// changing the answer, such as a date or the number of pages, stays out, for an edited prompt is asked again.
phase('Translate');
const translated = await fanout(pages, (page) => ({
  prompt: `Translate ${page} into ${language}. Keep code and links. Use this glossary:\n${glossary}`,
  id: `${language}:${page}`,
  label: page,
  isolation: 'worktree',
  retry: { maxAttempts: 2 },
  mockAgentText: `translated ${page}`,
  mockWriteFile: page.replace('docs/', `docs/${language.toLowerCase()}/`),
}));

const failed = pages.filter((_, index) => translated[index] === null || translated[index].ok === false);
checkpoint('failed', failed);
// Failed pages run again on the next resume; the others are taken as they are.
return { ok: failed.length === 0, patches: translated.flatMap((one) => (one?.worktree?.diffFile ? [one.worktree.diffFile] : [])), failed };
