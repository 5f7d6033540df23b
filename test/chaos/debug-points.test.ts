import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { debugPoints } from '../../system/debug-point.ts';

it('the page of debug points shows the table of the code', () => {
  const page = readFileSync(new URL('../../docs/internals/debug-points.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, name, text]) => [name, text]);
  expect(rows).toEqual(Object.entries(debugPoints));
});
