import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { OdwError } from '../../src/errors/error.ts';
import { odwHome } from '../../system/paths.ts';
import { connectEngine } from '../../temporal/connect.ts';
import type { Engine } from '../../temporal/engine/index.ts';
import { engineLayout } from '../../temporal/engine/layout.ts';
import { managedEngine } from '../../temporal/engine/server/managed-engine.ts';
import { runningServer } from '../../temporal/engine/server/start.ts';
import { isNotFound } from '../../temporal/run/not-found.ts';

/** Where run.json says that a run lives. */
const recordedPlace = z.object({
  status: z.string().catch(''),
  address: z.string().nullable().catch(null),
  namespace: z.string().nullable().catch(null),
  engine_home: z.string().optional().catch(undefined),
});
type RecordedPlace = z.infer<typeof recordedPlace>;

/**
 * Looks after a run that this server does not know: is it open on another one, where it goes on costing money (RES-02)?
 *
 * @param lost the caller says that the other server is gone for good
 * @returns a line for people about where the results come from; undefined when there is nothing to say
 * @throws OdwError `run-elsewhere` when the run is open on another server, or that server cannot be asked
 */
export async function checkElsewhere(engine: Engine, run: { runId: string; runDir: string }, lost: boolean): Promise<string | undefined> {
  const place = recordedPlace.parse(JSON.parse(readFileSync(join(run.runDir, 'run.json'), 'utf8')));
  const closed = ['completed', 'failed', 'cancelled'].includes(place.status);
  const here = isHere(engine, place);
  if (closed) return here ? undefined : `run ${run.runId} was made on ${nameOf(place)}; its results are taken from its folder`;
  if (here || lost) return `the server no longer knows run ${run.runId}, which was open: its finished results are taken from its folder`;
  const status = await askOther(place, run.runId);
  if (status === 'closed' || status === 'unknown')
    return `run ${run.runId} is ${status === 'closed' ? 'over' : 'no longer known'} on ${nameOf(place)}; its results are taken from its folder`;
  const why = status === 'open' ? `is open on ${nameOf(place)}` : `was open on ${nameOf(place)}, which does not answer`;
  throw new OdwError('run-elsewhere', `run ${run.runId} ${why}; this command would use ${engine.address} (namespace ${engine.namespace})`, {
    fields: { address: place.address, namespace: place.namespace, engineHome: place.engine_home ?? null, status },
    next: `Go on there: ${wayTo(place)} odw exec --resume ${run.runId}. When that server is gone for good, pass --server-lost: finished results are taken from the folder.`,
  });
}

// Our own server has another port each time; what makes it the same is its home.
function isHere(engine: Engine, place: RecordedPlace): boolean {
  if (place.engine_home !== undefined) return engine.managed && place.engine_home === odwHome();
  if (place.address === null) return true;
  if (engine.managed) return place.address.startsWith('127.0.0.1:');
  return place.address === engine.address && place.namespace === engine.namespace;
}

async function askOther(place: RecordedPlace, runId: string): Promise<'open' | 'closed' | 'unknown' | 'silent'> {
  const engine = await otherEngine(place);
  if (!engine) return 'silent';
  try {
    const { connection, client } = await connectEngine(engine, undefined, { timeoutMs: 3000 });
    try {
      const { status } = await client.workflow.getHandle(runId).describe();
      return status.name === 'RUNNING' ? 'open' : 'closed';
    } finally {
      await connection.close();
    }
  } catch (error) {
    return isNotFound(error) ? 'unknown' : 'silent';
  }
}

async function otherEngine({ address, namespace, engine_home: home }: RecordedPlace): Promise<Engine | undefined> {
  if (home !== undefined) {
    const record = await runningServer(engineLayout({ ODW_HOME: home }));
    return record && managedEngine(record);
  }
  if (address === null) return undefined;
  return { address, namespace: namespace ?? 'default', uiUrl: null, managed: false, connection: { address }, searchAttributes: false };
}

function nameOf({ address, namespace, engine_home: home }: RecordedPlace): string {
  return home === undefined ? `the server at ${address} (namespace ${namespace})` : `the server of ODW_HOME=${home}`;
}

function wayTo({ address, namespace, engine_home: home }: RecordedPlace): string {
  return home === undefined ? `TEMPORAL_ADDRESS=${address} TEMPORAL_NAMESPACE=${namespace}` : `ODW_HOME=${home}`;
}
