/** Settings that let an editor find the types: scripts that say `// @ts-check`, and TypeScript, are checked. */
export const editorSettings = `${JSON.stringify(
  {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023'],
      module: 'ESNext',
      moduleResolution: 'Bundler',
      moduleDetection: 'force',
      strict: true,
      types: [],
      noEmit: true,
    },
    include: ['./**/*', '../odw/odw.d.ts'],
  },
  null,
  2,
)}\n`;

/** A workflow to begin with: two readers side by side, an overview from both, and a reader who checks it. */
export const sampleWorkflow = `// @ts-check
// Run it:  odw exec --script .claude/workflows/hello.js --input '{"topic": "the build"}'
/** @type {Odw.Meta} */
export const meta = {
  name: 'hello',
  description: 'Two agents look at the project from two sides, one puts their answers together, one checks the result.',
  phases: [{ title: 'Look' }, { title: 'Report' }, { title: 'Check' }],
};

/** @param {{ topic?: string } | null} input */
export default async function hello(input) {
  const topic = input?.topic ?? 'this project';

  phase('Look');
  const notes = await parallel([
    () => agent(\`List the main files of \${topic} and what each is for.\`, { label: 'files' }),
    () => agent(\`Name the three riskiest places of \${topic} and why.\`, { label: 'risks' }),
  ]);

  // A failed agent is a value with ok: false; a thrown function is null.
  const known = notes.filter((note) => note !== null && note.ok !== false);
  if (known.length === 0) return { ok: false, why: odw.failures().map((failure) => failure.error.message) };

  phase('Report');
  const report = await agent(\`Write a one-page overview from these notes:\\n\${JSON.stringify(known)}\`, { label: 'overview' });

  phase('Check');
  const doubts = await agent(\`Which statements of this overview are wrong? Look at the files.\\n\${JSON.stringify(report)}\`, { label: 'doubts' });
  return { report, doubts };
}
`;
