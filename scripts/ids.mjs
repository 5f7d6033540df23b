#!/usr/bin/env node
// Lists the behaviours of the specification that no test names, and fails unless each stands in test/ids-later.txt. `node scripts/ids.mjs [FOLDER]`
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Specifications whose ids need tests. Those of features.md may be named by tests, but need none yet. */
const checked = ['odw.md', 'pandacode.md'];
const known = [...checked, 'features.md'];

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const idsOf = new Map();
for (const name of known) idsOf.set(name, readIds(await readFile(join(root, 'docs/spec', name), 'utf8').catch(() => '')));
const all = new Set([...idsOf.values()].flat());
const areas = new Set([...all].map(areaOf));
const later = readLater(await readFile(join(root, 'test/ids-later.txt'), 'utf8').catch(() => ''));
const problems = [...later.problems];

const covered = new Set();
for (const file of await testFiles(join(root, 'test'))) {
  for (const title of titlesIn(await readFile(file, 'utf8'))) {
    for (const [id] of title.matchAll(/\b[A-Z]+(?:-[A-Z]+)?-\d+\b/g)) {
      if (all.has(id)) covered.add(id);
      else if (areas.has(areaOf(id))) problems.push(`${relative(root, file)}: a title names ${id}, which no specification has`);
    }
  }
}

for (const name of checked) {
  const ids = idsOf.get(name);
  if (ids.length === 0) problems.push(`docs/spec/${name}: no ids found`);
  const open = ids.filter((id) => !covered.has(id));
  const missing = open.filter((id) => !later.reasons.has(id));
  console.log(`${name}: ${ids.length} ids, ${ids.length - open.length} with a test, ${open.length - missing.length} to come`);
  if (missing.length > 0) problems.push(`${name}: no test has a title that names ${missing.join(' ')}`);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`${name}: ${id} stands there twice`);
}
const needed = new Set(checked.flatMap((name) => idsOf.get(name)));
for (const id of later.reasons.keys()) {
  if (!needed.has(id)) problems.push(`test/ids-later.txt: ${id} is no id of ${checked.join(' or ')}`);
  else if (covered.has(id)) problems.push(`test/ids-later.txt: ${id} has a test: remove the line`);
}

for (const problem of new Set(problems)) console.error(problem);
if (problems.length > 0) process.exit(1);

/** Ids in the first column of tables. */
function readIds(text) {
  return [...text.matchAll(/^\| *([A-Z]+(?:-[A-Z]+)?-\d+) *\|/gm)].map((match) => match[1]);
}

function areaOf(id) {
  return id.replace(/-\d+$/, '');
}

/** Lines `ID reason`; empty lines and those that begin with # are passed over. */
function readLater(text) {
  const reasons = new Map();
  const problems = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, id, reason] = /^(\S+)\s+(\S.*)$/.exec(line) ?? [];
    if (!id) problems.push(`test/ids-later.txt: a line needs an id and a reason: ${line}`);
    else if (reasons.has(id)) problems.push(`test/ids-later.txt: ${id} stands there twice`);
    else reasons.set(id, reason);
  }
  return { reasons, problems };
}

async function testFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts')).map((entry) => join(entry.parentPath, entry.name));
}

/** Titles of tests and groups that run: the first argument of it(…), test(…), describe(…), of their each(…)(…), and not of skip or todo. */
function titlesIn(text) {
  const titles = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.arguments.length > 0) {
      const names = calleeNames(node.expression);
      const runs = ['it', 'test', 'describe'].includes(names[0]) && !names.some((name) => name === 'skip' || name === 'todo');
      if (runs) titles.push(textOf(node.arguments[0]));
      else if (['it', 'test', 'describe'].includes(names[0])) return;
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('test.ts', text, ts.ScriptTarget.Latest, true));
  return titles;
}

/** it.each(…) and it.skip as lists of their names, outermost first. */
function calleeNames(expression) {
  if (ts.isIdentifier(expression)) return [expression.text];
  if (ts.isPropertyAccessExpression(expression)) return [...calleeNames(expression.expression), expression.name.text];
  if (ts.isCallExpression(expression) || ts.isTaggedTemplateExpression(expression)) return calleeNames(expression.expression ?? expression.tag);
  return [''];
}

function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(' ');
  return '';
}
