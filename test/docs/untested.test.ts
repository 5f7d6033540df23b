import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from './markdown.ts';

it('PC-TEST-12 the page of executors says what cannot be tested offline', () => {
  const page = readFileSync(join(repository, 'docs/executors.md'), 'utf8');
  const section = /^## What is not tested\n[^]*?(?=^## |$(?![^]))/m.exec(page)?.[0] ?? '';
  for (const named of ['real prices', 'real endpoints', 'StepFun', 'ChatGPT login', 'macOS and Windows']) expect(section).toContain(named);
});
