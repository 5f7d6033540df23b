import type { Runtime } from '../runtime.ts';
import { bambooRunId, runFiles } from './run-files.ts';

/** Our own tool loop on the endpoints of model vendors. The library behind it is loaded only when a run starts. */
export const bamboo: Runtime = {
  name: 'bamboo',
  title: 'Bamboo',
  driver: 'bamboo-native',
  defaultModel: () => null,
  defaultEffort: 'high',
  silentStart: 'network',
  priceProvider: 'bamboo',
  repairsItself: true,
  printsOwnProgress: true,
  runId: bambooRunId,
  eventFile: (stateDir, _, runId) => runFiles(stateDir, runId).events,
  check: () => undefined,
  choose: async (request) => {
    const choice = (await import('./choose.ts')).chooseBamboo(request);
    // What the run needs is loaded while the rest is prepared.
    if (!choice.failure) void Promise.all([import('./run-turn.ts'), import('./model/ai-adapter.ts')]).catch(() => undefined);
    return choice;
  },
  runTurn: async (request, context) => (await import('./run-turn.ts')).runBambooTurn(request, context),
  diagnose: async (options, env) => (await import('./diagnose.ts')).diagnoseBamboo(options, env),
  models: async (options, env) => (await import('./diagnose.ts')).bambooModels(options, env),
};
