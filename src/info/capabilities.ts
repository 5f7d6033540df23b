import { agentTypes } from './agent-types.ts';
import { lifecycle } from './lifecycle.ts';
import type { InfoFacts } from './spec.ts';

/** What `odw capabilities` prints: what this odw can do, for whoever decides whether to use it (INFO-02). */
export function capabilitiesInfo({ commands }: Pick<InfoFacts, 'commands'>): object {
  return {
    primary_user: 'people and agents that write workflows of coding agents',
    runtime: 'Temporal: a run survives the end of every process and goes on where it was',
    optional_integration: 'an existing Temporal cluster, Claude Code, Codex',
    agent_bridge: 'pandacode',
    lifecycle: lifecycle(commands),
    composition: {
      parallel: 'a barrier over functions or node objects',
      fanout: 'parallel over mapped items',
      pipeline: 'items move through stages without a barrier',
      schemas: 'JSON Schema 2020-12 with any root; replies that do not match are tried again',
      observability: 'a journal, a state file and an HTML report for each run, and the Temporal Web UI',
      agent_types: agentTypes.map(({ name }) => name),
    },
  };
}
