import { connect } from 'node:net';
import type { Check } from './run-check.ts';

/** Looks for the engine that a run would use and knocks at its port (DOC-07). Starts nothing; never rejects. */
export async function temporalCheck(env: NodeJS.ProcessEnv, limitMs: number): Promise<Check> {
  const command = ['odw', 'server', 'status'];
  try {
    const { findEngine } = await import('../../temporal/engine/index.ts');
    const engine = await findEngine({ env });
    // A managed server starts by itself with the next run, so its absence is no fault.
    if (!engine) return { ok: true, command, summary: 'not running; the next run starts it' };
    const problem = await knock(engine.address, limitMs);
    const where = `${engine.address} namespace=${engine.namespace}${engine.uiUrl ? ` ui=${engine.uiUrl}` : ''}`;
    return problem
      ? { ok: false, command, summary: `${where}: ${problem}` }
      : { ok: true, command, summary: `${where} (${engine.managed ? 'managed by odw' : 'external'})` };
  } catch (error) {
    return { ok: false, command, summary: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}

function knock(address: string, limitMs: number): Promise<string | undefined> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(at + 1));
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65535) return Promise.resolve('not an address of the form host:port');
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem?: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(limitMs, () => end(`no answer within ${limitMs / 1000} s`));
    socket.once('connect', () => end());
    socket.once('error', (error) => end(error.message || 'connection refused'));
  });
}
