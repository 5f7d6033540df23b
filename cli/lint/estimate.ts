import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRates } from '../../activities/prices/read-rates.ts';
import type { Estimate } from '../../src/lint/estimate.ts';
import { countNodes, playedNodes } from '../../src/lint/estimate.ts';
import { projectionText } from '../../src/projection/text.ts';
import { project } from '../../src/projection/project.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { playRun } from '../../temporal/run/estimate.ts';
import type { ExecFlags } from '../exec/flags.ts';
import { compilePlan, planRun } from '../exec/plan.ts';
import { recordedRuns } from './recorded-runs.ts';

// Played nodes answer at once: a script that is not at its end by then waits for something.
const limitMs = 60_000;

/**
 * Plays a script on the mock backend, counts its nodes (LINT-01), and projects what they will take (MONEY-04). Writes nothing into the project.
 *
 * @throws OdwError when the script cannot be loaded or no engine can be reached
 */
export async function estimateScript(
  flags: Pick<ExecFlags, 'path' | 'input' | 'inputFile' | 'dialect' | 'model' | 'provider' | 'rates'> & { script: string },
): Promise<Estimate> {
  const planned = planRun({ ...flags, backend: 'mock', autoAnswer: true, report: false, preview: true }, process.env);
  const runId = `odw-estimate-${planned.startedMs}-${process.pid}`;
  const input = await compilePlan({ ...planned, runId, runDir: join(tmpdir(), runId) }, null);
  const engine = await ensureEngine();
  const dataConverter = blobDataConverter(process.env);
  const { connection, client } = await connectEngine(engine, dataConverter);
  try {
    const { events, stopped } = await playRun({ engine, connection, client, dataConverter, input, limitMs });
    const titles = input.script.meta.phases.map(({ title }) => title);
    const nodes = playedNodes(events);
    const { own, shipped } = readRates({ named: planned.options.rates, root: planned.root, env: process.env });
    const recorded = recordedRuns(planned.root, { sha256: input.script.sha256, name: input.script.meta.name });
    return { ...countNodes(nodes, events, titles, stopped), projected: project(nodes, recorded, [...own, shipped]) };
  } finally {
    await connection.close();
  }
}

/** An estimate for people. */
export function estimateText(path: string, { nodes, phases, failed, stopped, projected }: Estimate): string {
  const width = Math.max(0, ...phases.map(({ title }) => title.length));
  const lines = phases.map(({ title, nodes: count }) => `  ${(title || '–').padEnd(width)}  ${count}\n`);
  const told = [
    failed > 0 ? `  ${failed} of them failed while it was played\n` : '',
    stopped === undefined ? '' : `  it stopped before its end, so there may be more: ${stopped}\n`,
  ];
  return `${path}: ${nodes} node${nodes === 1 ? '' : 's'} when played on the mock backend\n${lines.join('')}${told.join('')}${projectionText(projected)}`;
}
