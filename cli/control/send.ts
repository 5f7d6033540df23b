import type { ControlAnswer, ControlRequest } from '../../schemas/run-control.ts';
import { OdwError } from '../../src/errors/error.ts';
import { lookUpRun, sendCommand } from '../../temporal/run/send-command.ts';
import { resolveRoot } from '../exec/source.ts';
import { findOpenRun, runClosed } from './open-run.ts';

/**
 * Sends a command to an open run (CTRL-01 to CTRL-08) and takes its answer.
 *
 * @throws OdwError as {@link findOpenRun} and {@link sendCommand}; `command-refused` with the run's own code and words
 */
export async function sendToRun(root: string, idOrLatest: string, request: ControlRequest): Promise<{ runId: string; answer: ControlAnswer }> {
  const { runId, queue, client } = await findOpenRun(root, idOrLatest);
  const answer = await sendCommand(client, runId, queue, request).catch(async (error: unknown) => {
    // It may have ended while the command was on its way.
    const now = await lookUpRun(client, runId).catch(() => undefined);
    throw now && !now.open ? runClosed(resolveRoot(root), runId, now.status) : error;
  });
  if (answer.ok) return { runId, answer };
  const slug = answer.code === 'RUN_STOPPING' ? 'run-stopping' : 'command-refused';
  throw new OdwError(slug, answer.message ?? `run ${runId} refused to ${request.command}`, { fields: { runId, code: answer.code } });
}
