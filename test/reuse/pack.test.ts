import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packReuse } from '../../cli/exec/pack-reuse.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import { loadResults } from '../../temporal/blobs/result-blobs.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'odw-pack-'));
  vi.stubEnv('ODW_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const nodesOf = (values: string[]) =>
  Object.fromEntries(values.map((value, n): [string, ReusableNode] => [`k${n}`, { fingerprint: 'f', value, tokens: 1, label: `n${n}` }]));
const none = { checkpoints: {}, spent: 0, approx: false };
const blobs = () => {
  const folder = join(home, 'blobs');
  return readdirSync(folder).flatMap((name) => (/^[0-9a-f]{2}$/.test(name) ? readdirSync(join(folder, name)).map((file) => join(folder, name, file)) : []));
};

describe('large results that a run takes over', () => {
  it('RES-04 are stored alone when they are large and some to a blob when they are small, each blob referred to, and every node finds its own', async () => {
    const large = Array.from({ length: 30 }, (_, n) => `${n} `.repeat(100_000).slice(0, 100_000));
    const values = [...large, ...Array.from({ length: 40 }, (_, n) => `small ${n} `.repeat(1000))];
    const packed = await packReuse('run-1', { ...none, nodes: nodesOf(values) });
    const sizes = blobs().map((path) => statSync(path).size);
    expect(sizes.filter((size) => size > 99_000)).toHaveLength(30);
    // About 9 KB each.
    expect(sizes.filter((size) => size <= 99_000).length).toBeLessThan(9);
    const referred = readFileSync(join(home, 'blobs', 'refs', 'run-1.blobs'), 'utf8').match(/^[0-9a-f]{64}$/gm);
    expect(new Set(referred)).toEqual(new Set(blobs().map((path) => path.slice(-64))));

    const found = Object.values(packed.nodes).map(async ({ value, held }) => {
      const loaded = await loadResults({ sha256: held!.sha256 });
      return [value, loaded.ok && loaded.values[held!.item]];
    });
    expect(await Promise.all(found)).toEqual(values.map((value) => [null, value]));
    // The next run of the lineage takes them over as they lie there.
    const files = blobs();
    expect(await packReuse('run-2', packed)).toEqual(packed);
    expect(blobs()).toEqual(files);
  });

  it('RES-04 travel in the input of the run while they have two megabytes at most', async () => {
    const small = { ...none, nodes: nodesOf(Array.from({ length: 20 }, () => 'x'.repeat(100_000))) };
    expect(await packReuse('run-1', small)).toEqual(small);
    const one = { ...none, nodes: nodesOf(['x'.repeat(5_000_000)]) };
    expect(Object.values((await packReuse('run-1', one)).nodes)[0]).toMatchObject({ value: null, held: { item: 0 } });
  });
});
