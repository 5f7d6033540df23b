import type { Engine, EngineOptions } from './engine.ts';
import { externalEngine } from './external.ts';
import { engineLayout } from './layout.ts';
import { managedEngine } from './server/managed-engine.ts';
import { runningServer, startServer } from './server/start.ts';

/**
 * Gives an engine to run on: the external cluster the Temporal configuration names, else the managed server that runs, else one started now
 * (installing it first when this machine has none). Warm, it reads one file, looks at one process and knocks at one port.
 *
 * @throws OdwError of the area engine; for an external cluster seen for the first time also `engine-unreachable`
 */
export async function ensureEngine(options: EngineOptions = {}): Promise<Engine> {
  const external = await externalEngine(options.env ?? process.env);
  if (!external) return managedEngine((await startServer(options)).record);
  const { prepareCluster } = await import('./prepare-cluster.ts');
  return prepareCluster(external, options);
}

/**
 * The engine {@link ensureEngine} would use, if it is there already: an external cluster (not contacted) or the running managed server.
 * Undefined when the managed server does not run.
 */
export async function findEngine(options: EngineOptions = {}): Promise<Engine | undefined> {
  const external = await externalEngine(options.env ?? process.env);
  if (external) return external;
  const record = await runningServer(engineLayout(options.env));
  return record && managedEngine(record);
}
