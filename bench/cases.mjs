// The scripts and the executor that are run on our odw, and on a peer when one is given. Only what every odw-compatible binary knows.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Sizes of the cases; tests use tiny ones. */
export const usualSizes = { mock: [1, 100, 1000], nodes: 1000, answers: [0.1, 10, 100] };

/**
 * @param {typeof usualSizes} sizes
 * @returns {{name: string, prepare: () => {dir: string, remove: () => void}, first?: string[], args: string[]}[]} `first` is run once before, and is not measured
 */
export function cases({ mock, nodes, answers }) {
  return [
    ...mock.map((count) => ({ name: `${thousands(count)} mock node${count === 1 ? '' : 's'}`, prepare: () => place(count), args: ['--script', 'flow.js'] })),
    ...answers.map((kilobytes) => ({
      name: `${thousands(nodes)} subprocess nodes, answers of ${kilobytes} KB`,
      prepare: () => place(nodes, kilobytes),
      args: paid,
    })),
    {
      name: `resume of ${thousands(nodes)} finished nodes`,
      prepare: () => place(nodes, 0.1),
      first: paid,
      args: ['--resume', 'latest', '--no-report', '--json'],
    },
  ].map((one) => (one.args.includes('--json') ? one : { ...one, args: [...one.args, '--no-report', '--json'] }));
}

const paid = ['--script', 'flow.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--no-report', '--json'];

function place(count, kilobytes) {
  const dir = mkdtempSync(join(tmpdir(), 'odw-bench-'));
  writeFileSync(
    join(dir, 'flow.js'),
    `export const meta = { name: 'bench', description: 'Nodes side by side' };
const all = await parallel(Array.from({ length: ${count} }, (_, i) => () => agent('node ' + i)));
return all.filter(Boolean).length;
`,
  );
  if (kilobytes !== undefined) {
    const report = {
      ok: true,
      state: 'completed',
      runtime: 'claude',
      last_agent_message: 'x'.repeat(Math.round(kilobytes * 1024)),
      usage: { total_tokens: 1 },
    };
    writeFileSync(join(dir, 'report.json'), `${JSON.stringify(report)}\n`);
    writeFileSync(join(dir, 'executor'), `#!/bin/sh\nexec cat '${join(dir, 'report.json')}'\n`);
    chmodSync(join(dir, 'executor'), 0o755);
  }
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

function thousands(count) {
  return count.toLocaleString('en-US');
}
