import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Estimate } from '../../src/lint/estimate.ts';
import { countNodes } from '../../src/lint/estimate.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { playRun } from '../../temporal/run/estimate.ts';
import type { ExecFlags } from '../exec/flags.ts';
import { compilePlan, planRun } from '../exec/plan.ts';

// Played nodes answer at once: a script that is not at its end by then waits for something.
const limitMs = 60_000;

/**
 * Plays a script on the mock backend and counts its nodes (LINT-01). Writes nothing into the project.
 *
 * @throws OdwError when the script cannot be loaded or no engine can be reached
 */
export async function estimateScript(flags: Pick<ExecFlags, 'path' | 'input' | 'inputFile' | 'dialect'> & { script: string }): Promise<Estimate> {
  const planned = planRun({ ...flags, backend: 'mock', autoAnswer: true, report: false, preview: true }, process.env);
  const runId = `odw-estimate-${planned.startedMs}-${process.pid}`;
  const input = await compilePlan({ ...planned, runId, runDir: join(tmpdir(), runId) }, null);
  const engine = await ensureEngine();
  const dataConverter = blobDataConverter(process.env);
  const { connection, client } = await connectEngine(engine, dataConverter);
  try {
    const { events, stopped } = await playRun({ engine, connection, client, dataConverter, input, limitMs });
    const titles = input.script.meta.phases.map(({ title }) => title);
    return countNodes(events, titles, stopped);
  } finally {
    await connection.close();
  }
}

/** An estimate for people. */
export function estimateText(path: string, { nodes, phases, failed, stopped }: Estimate): string {
  const width = Math.max(0, ...phases.map(({ title }) => title.length));
  const lines = phases.map(({ title, nodes: count }) => `  ${(title || '–').padEnd(width)}  ${count}\n`);
  const told = [
    failed > 0 ? `  ${failed} of them failed while it was played\n` : '',
    stopped === undefined ? '' : `  it stopped before its end, so there may be more: ${stopped}\n`,
  ];
  return `${path}: ${nodes} node${nodes === 1 ? '' : 's'} when played on the mock backend\n${lines.join('')}${told.join('')}`;
}
