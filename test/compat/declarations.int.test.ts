import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { dialectNames } from '../../src/script/global-names.ts';
import { repository } from '../docs/markdown.ts';
import { CompatProject } from './harness.ts';

const project = new CompatProject({});
afterAll(() => project.remove());

it('COMPAT-11 a script has every name that the declarations export, and they export every name', async () => {
  const text = readFileSync(join(repository, 'types/odw.d.ts'), 'utf8');
  const declared = new Set([...text.matchAll(/^export (?:declare )?(?:function|const|let) (\w+)/gm)].map((match) => match[1]!));
  expect([...declared].sort()).toEqual([...dialectNames].sort());
  const names = [...declared];
  const run = await project.runScript(`return { ${names.map((name) => `${JSON.stringify(name)}: typeof ${name}`).join(', ')} }`, [
    '--input',
    '{"a":1}',
    '--json',
  ]);
  const types = JSON.parse(run.stdout) as Record<string, string>;
  expect(Object.keys(types).filter((name) => types[name] === 'undefined')).toEqual([]);
  expect(types).toMatchObject({ agent: 'function', parallel: 'function', args: 'object', budget: 'object' });
});
