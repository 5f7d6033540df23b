#!/usr/bin/env node
// Writes docs/errors.md from the tables of errors and failure categories. `node scripts/make-error-docs.mjs [--check] [FILE]`
// With --check nothing is written; exit 1 when the file is not what would be written.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const check = args.includes('--check');
const file = args.find((arg) => !arg.startsWith('-')) ?? fileURLToPath(new URL('../docs/errors.md', import.meta.url));

const areas = [
  ['cli', 'Command line', 'Flags and input of the `odw` command.'],
  ['script', 'Scripts', 'Found while a workflow script is read, before anything is started. The message shows file, line and column.'],
  ['run', 'Runs and their files', 'Folders, journals, resume and hosting.'],
  ['schedule', 'Schedules and workers', 'Schedules, and the workers that run what they start. See [schedules](schedules.md).'],
  ['node', 'Nodes and worktrees', 'Raised around an agent: git, disk, worktrees. See [worktrees](worktrees.md).'],
  ['executor', 'Executors', 'Raised by the `pandacode` command. See [executors](executors.md).'],
  ['engine', 'Engine', 'The Temporal server, the connection to it, and the blob store. See [the engine](engine.md).'],
];

const again = { no: 'Trying again does not help.', after: 'Trying again later can help.', person: 'Trying again helps once somebody has acted.' };

const { tables, categories } = await load();
const text = await format(page(), { ...(await resolveConfig(file)), parser: 'markdown' });
if (!check) await writeFile(file, text);
else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  console.error(`${file} does not agree with the tables in src/errors and pandacode/errors: run node scripts/make-error-docs.mjs`);
  process.exitCode = 1;
}

// The tables are TypeScript, which Node 20 cannot import by itself.
async function load() {
  const imports = areas.map(([area]) => `import { ${area}Errors } from './src/errors/${area}.ts';`).join('\n');
  const contents = `${imports}
import { errorTable } from './src/errors/table.ts';
export { categories } from './pandacode/errors/categories.ts';
export const tables = { ${areas.map(([area]) => `${area}: ${area}Errors`).join(', ')} };
const named = Object.values(tables).flatMap((table) => Object.keys(table));
const missing = Object.keys(errorTable).filter((slug) => !named.includes(slug));
if (missing.length > 0) throw new Error('scripts/make-error-docs.mjs knows no area of ' + missing.join(', '));`;
  const { outputFiles } = await build({ stdin: { contents, resolveDir: root, loader: 'ts' }, bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

function page() {
  return `<!-- Made by scripts/make-error-docs.mjs from src/errors and pandacode/errors. Change those and run it again. -->

# Errors

When odw ends with an error, it prints \`Error:\` with the message, the causes, and after an arrow what to do. With \`--json\` an error before the run
has its name in \`error.category\` of the one line on stdout; a run that failed says \`workflow_error\` there. Names are stable: none is removed or renamed.

An agent that fails is no error of odw: the run goes on and the script gets the failure as a value. Its \`error.category\` is one of the
[categories below](#failures-of-nodes).
${areas.map(areaText).join('')}
## Failures of nodes

\`agent()\` resolves to \`{ ok: false, origin, error, feedback, context }\` when its node failed. Decide on \`error.category\` and \`error.retryable\`; with the
option \`retry\` odw tries again by itself.

These come from odw:

| category                  | when                                                                              | retryable        |
| ------------------------- | --------------------------------------------------------------------------------- | ---------------- |
| \`schema_load_error\`       | the schema cannot be read or compiled; nothing was started                        | no               |
| \`schema_mismatch\`         | the reply does not match the schema                                               | yes              |
| \`empty_result\`            | exit 0, and neither text nor a changed file                                       | yes              |
| \`workflow_agent_failed\`   | the node could not be dispatched: a wrong option, no git repository, a lost host  | by cause         |
| \`pandacode_failed\`        | the executor failed without saying why                                            | by cause         |
| \`pandacode_timeout\`       | the node's time limit was reached                                                 | yes              |
| \`pandacode_needs_input\`   | the agent asks, and automatic answers are off or used up                          | no               |
| \`worktree_capture_failed\` | what the agent changed could not be captured; the worktree is kept                | no               |
| \`executor_lost\`           | the executor died without a result, again and again                               | by cause         |
| \`executor_disk_full\`     | the disk was full while an executor without a report file wrote its answer, which may be cut | by cause |
| \`executor_files_gone\`    | somebody deleted the node's files while its executor worked, and its answer with them | by cause |
| \`inputs_unreadable\`       | files that the node names with \`inputs\` are not there, or too many; nothing was started | no       |
| \`skill_unknown\`           | a skill that the node, or \`meta\`, names is not there, cannot be read or has an id that cannot be (\`SKILL_UNKNOWN\`); nothing was started | no |
| \`agent_type_unknown\`      | the dialect claude finds no definition file for the agent type; nothing was started | no             |
| \`reuse_unreadable\`        | the earlier result of the node lies in a blob that is missing or damaged; nothing was started: bring the blob back, or say \`--rerun\` | no              |
| \`cancelled\`               | the node or the run was stopped                                                   | no               |
| \`mock_failed\`             | a node on the mock backend with \`mockFail\`                                        | \`mockRetryable\`  |

These come from \`pandacode\`. Another executor may have categories of its own; they are passed on unchanged.

${Object.entries(categories).map(categoryText).join('\n')}
`;
}

function areaText([area, title, intro]) {
  const entries = Object.entries(tables[area]).map(([slug, row]) => `\n### ${slug}\n\n${row.sentence} ${again[row.retryable]}\n\n${row.next}\n`);
  return `\n## ${title}\n\n${intro}\n${entries.join('')}`;
}

function categoryText([name, row]) {
  return `- \`${name}\`${row.retryable ? ' (retryable)' : ''}: ${row.next.replaceAll(/\{(\w+)\}/g, '<$1>')}`;
}
