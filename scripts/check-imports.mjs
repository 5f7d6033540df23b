#!/usr/bin/env node
// Keeps imports pointing one way: cli → temporal → activities, workflows → src → schemas. `node scripts/check-imports.mjs [FOLDER]`
import { isBuiltin } from 'node:module';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** What each folder may import: other folders, whether Node's modules, and which packages (undefined: any). */
const layers = {
  schemas: { folders: [], node: false, packages: /^zod$/ },
  src: { folders: ['schemas'], node: false, packages: /^(?!@temporalio\/|execa$|commander$|ink$|react$)/ },
  system: { folders: ['src', 'schemas'], node: true, packages: /^(?!@temporalio\/)/ },
  workflows: { folders: ['src', 'schemas'], node: false, packages: /^(@temporalio\/(workflow|common)$|zod$)/ },
  activities: { folders: ['src', 'schemas', 'system'], node: true },
  pandacode: { folders: ['src', 'schemas', 'system'], node: true, packages: /^(?!@temporalio\/)/ },
  temporal: { folders: ['workflows', 'activities', 'src', 'schemas', 'system'], node: true },
  cli: { folders: ['temporal', 'workflows', 'activities', 'pandacode', 'src', 'schemas', 'system'], node: true },
};

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const problems = [];
let files = 0;
for (const [layer, rule] of Object.entries(layers)) {
  for (const file of await sourceFiles(join(root, layer))) {
    files++;
    const text = await readFile(file, 'utf8');
    for (const { fileName, pos } of ts.preProcessFile(text, true, true).importedFiles) {
      const problem = refuse(layer, rule, file, fileName);
      if (problem) problems.push(`${relative(root, file)}:${text.slice(0, pos).split('\n').length}: ${problem}`);
    }
  }
}

for (const problem of problems) console.error(problem);
if (files === 0) console.error(`no source files under ${root}`);
if (problems.length > 0 || files === 0) process.exit(1);
console.log(`imports: ${files} files point one way`);

function refuse(layer, rule, file, name) {
  if (name.startsWith('.')) {
    const target = relative(root, resolve(dirname(file), name)).split(sep)[0];
    if (target === layer || (target === 'package.json' && rule.node) || rule.folders.includes(target)) return undefined;
    return `${layer}/ must not import from ${target}/ (${name}); it may import ${rule.folders.join(', ') || 'no other folder'}`;
  }
  if (isBuiltin(name)) return rule.node ? undefined : `${layer}/ must not import ${name}: nothing from Node is there when it runs`;
  if (rule.packages && !rule.packages.test(name)) return `${layer}/ must not import the package ${name}`;
  return undefined;
}

async function sourceFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && /\.(ts|tsx|mts|js|mjs)$/.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
}
