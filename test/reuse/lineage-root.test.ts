import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lineageRoot } from '../../cli/exec/lineage-root.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odw-lineage-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

function record(id: string, run: unknown): void {
  mkdirSync(join(root, '.odw', 'runs', id), { recursive: true });
  writeFileSync(join(root, '.odw', 'runs', id, 'run.json'), typeof run === 'string' ? run : JSON.stringify({ run_id: id, ...(run as object) }));
}

it('RES-03 the root of a lineage is the run that was no resume, however often it was resumed', () => {
  record('first', { resumed_from: null });
  record('second', { resumed_from: 'first' });
  record('third', { resumed_from: 'second' });
  expect(['first', 'second', 'third'].map((id) => lineageRoot(root, id))).toEqual(['first', 'first', 'first']);
});

it('RES-03 a run that recorded its root keeps it, also when the folders between are gone', () => {
  record('third', { resumed_from: 'second', lineage_root: 'first' });
  record('fourth', { resumed_from: 'third' });
  expect(lineageRoot(root, 'fourth')).toBe('first');
});

it.each([
  ['is gone', undefined],
  ['is torn', '{"resumed_'],
  ['is no run', '[]'],
  ['is null', 'null'],
  ['says nothing', {}],
  ['says nonsense', { resumed_from: 7, lineage_root: {} }],
])('RES-03 where the record of a run %s, the lineage begins with it as far as is known', (_, run) => {
  if (run !== undefined) record('lost', run);
  record('later', { resumed_from: 'lost' });
  expect([lineageRoot(root, 'later'), lineageRoot(root, 'lost')]).toEqual(['lost', 'lost']);
});

it('RES-03 runs that name each other, as edited files may, end the search', () => {
  record('a', { resumed_from: 'b' });
  record('b', { resumed_from: 'a' });
  record('own', { resumed_from: 'own' });
  expect([lineageRoot(root, 'a'), lineageRoot(root, 'own')]).toEqual(['b', 'own']);
});
