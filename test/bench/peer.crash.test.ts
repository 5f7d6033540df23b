import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, ['bench/bench.mjs', ...args], { cwd: root, encoding: 'utf8' });
const tiny = ['--times', '1', '--mock', '2', '--nodes', '3', '--answers', '0.1'];

describe('npm run bench', () => {
  it('runs the same scripts on a peer, here our own program, and prints ratios', { timeout: 300_000 }, () => {
    const { status, stdout, stderr } = bench('--peer', 'dist/cli/odw.js', ...tiny);
    expect([status, stderr]).toEqual([0, '']);
    const figures = String.raw`\d+\.\d\d s \(\d+\.\d\d … \d+\.\d\d\)`;
    const line = (name: string) => new RegExp(`^${name} +${figures} {3}peer ${figures} {3}peer / ours \\d+\\.\\d\\d$`, 'm');
    const names = ['2 mock nodes', '3 subprocess nodes, answers of 0.1 KB', 'resume of 3 finished nodes'];
    for (const name of names) expect(stdout).toMatch(line(name));
  });

  it('names a peer that fails, with what it printed', { timeout: 120_000 }, () => {
    const { status, stderr } = bench('--peer', '/bin/false', ...tiny);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/\/bin\/false exec --script flow\.js --no-report --json ended with 1/)]);
  });

  it('measures what pandacode adds to its runtime', { timeout: 120_000 }, () => {
    expect(bench('--times', '1', 'executor').stdout).toMatch(/start-up that pandacode adds to its runtime +-?\d+ ms \(/);
  });

  it('refuses a size that is no number', () => {
    expect(bench('--nodes', 'many')).toMatchObject({ status: 2, stderr: expect.stringContaining('got many') as string });
  });
});
