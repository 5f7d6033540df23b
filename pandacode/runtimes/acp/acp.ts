import { join } from 'node:path';
import { usageError } from '../../errors/raise.ts';
import type { Runtime } from '../runtime.ts';
import { acpModels, diagnoseAcp } from './diagnose.ts';

/** Drives any agent that speaks the Agent Client Protocol. What talks with it is loaded when a turn begins. */
export const acp: Runtime = {
  name: 'acp',
  title: 'ACP',
  driver: 'acp',
  defaultModel: (env) => env['PANDACODE_ACP_MODEL'] || null,
  defaultEffort: null,
  silentStart: 'internal',
  priceProvider: 'acp',
  eventFile: (stateDir, file) => join(stateDir, 'acp', 'events', `${file}.jsonl`),
  check: (options) => {
    if (options.gateway) throw usageError('--gateway is for the claude and codex runtimes; an ACP agent chooses its vendor by --model');
  },
  runTurn: async (request, context) => (await import('./run-turn.ts')).runTurn(request, context),
  endRun: async (context) => (await import('./run-turn.ts')).endRun(context),
  diagnose: diagnoseAcp,
  models: acpModels,
};
