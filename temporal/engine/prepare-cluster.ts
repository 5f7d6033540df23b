import { connectEngine } from '../connect.ts';
import { knownCluster, rememberCluster } from './clusters.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { engineLayout } from './layout.ts';
import { setUpNamespace } from './namespace-setup.ts';

/**
 * Adds odw's search attributes to an external namespace, once for each address and namespace. What cannot be done there
 * (no permission, Temporal Cloud, no free slots) is remembered as a warning and never fails a run.
 *
 * @throws OdwError `engine-unreachable` when the cluster does not answer
 */
export async function prepareCluster(engine: Engine, options: EngineOptions = {}): Promise<Engine> {
  const { clusters } = engineLayout(options.env);
  if (knownCluster(clusters, engine.address, engine.namespace)) return engine;
  options.onProgress?.({
    phase: 'setup',
    message: `first use of the Temporal cluster ${engine.address}, namespace ${engine.namespace}: looking for search attributes`,
  });
  const { connection } = await connectEngine(engine, undefined, { env: options.env ?? process.env });
  const outcome = await setUpNamespace(connection, engine.namespace, { retention: false }).finally(() => connection.close());
  rememberCluster(clusters, engine.address, engine.namespace, outcome);
  const { warning: _old, ...rest } = engine;
  return { ...rest, searchAttributes: outcome.searchAttributes, ...(outcome.warning ? { warning: outcome.warning } : {}) };
}
