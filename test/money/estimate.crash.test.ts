import { afterEach, expect, it, vi } from 'vitest';
import type { Estimate } from '../../src/lint/estimate.ts';
import type { Project } from '../support/odw.ts';
import { exec, moneyProject, paid } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

let project: Project;
afterEach(() => project.remove());

it('MONEY-04 LINT-01 an estimate shows nodes, tokens and cost as ranges; the second run goes by the means of the first', async () => {
  const script = `export const meta = { name: 'sized', phases: [{ title: 'Read' }] };
phase('Read');
for (const n of [1, 2]) await agent(ask({ report: { model: 'm', total_cost_usd: n, usage: used(1000 * n, 10 * n) } }), { label: 'n' + n, model: 'm' });
return 'end';
`;
  project = moneyProject(script);
  const estimate = async (...more: string[]) => {
    const { stdout } = await project.odw(['lint', 'a.js', '--estimate', '--json', ...more]);
    return (JSON.parse(stdout) as { estimates: Estimate[] }).estimates[0]?.projected;
  };
  expect(await estimate()).toEqual({
    basis: { from: 'defaults' },
    nodes: { low: 2, likely: 2, high: 2 },
    tokens: { low: 11_000, likely: 104_000, high: 1_020_000 },
    cost: null,
    unpriced: 2,
  });
  project.write('rates.json', '{"prices_per_1m_tokens":{"m":{"input":10,"output":20}}}');
  expect((await estimate('--rates', 'rates.json'))?.cost).toEqual({ low: 0.12, likely: 1.08, high: 10.4 });

  // A mock run is no record of what things cost.
  expect((await project.odw(['exec', '--script', 'a.js'])).code).toBe(0);
  expect((await estimate())?.basis).toEqual({ from: 'defaults' });
  const { runId, code } = await project.odw(exec(), paid);
  expect(code).toBe(0);
  const second = await estimate();
  expect(second).toEqual({
    basis: { from: 'script', runs: 1, nodes: 2, newest: runId },
    nodes: { low: 2, likely: 2, high: 2 },
    tokens: { low: 2020, likely: 3030, high: 4040 },
    cost: { low: 2, likely: 3, high: 4 },
    unpriced: 0,
  });
  project.write('a.js', `// Another text under the same name.\n${script.replace(/\bask\(\{.*?\}\)(?=, \{ label)/, "'x'")}`);
  expect((await estimate())?.basis).toEqual({ from: 'name', runs: 1, nodes: 2, newest: runId });
  const text = (await project.odw(['lint', 'a.js', '--estimate'])).stdout;
  expect(text).toContain('  a real run, by 1 recorded run of an earlier text of this script, 2 nodes;');
  expect(text).toContain('    cost    ~$2.00 to $4.00, likely $3.00\n');
});
