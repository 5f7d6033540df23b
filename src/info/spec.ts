import { agentTypes } from './agent-types.ts';
import { lifecycle } from './lifecycle.ts';

export interface InfoFacts {
  version: string;
  /** Text of types/odw.d.ts. */
  typesDts: string;
  /** Names of all commands, such as `runs list`. */
  commands: readonly string[];
}

/** What `odw spec` prints: the script contract for programs (INFO-01). */
export function specInfo({ version, typesDts, commands }: InfoFacts): object {
  return {
    name: 'Open Dynamic Workflow',
    short_name: 'ODW',
    version,
    types_dts: typesDts,
    compatibility_target: { tool: 'odw', version: '0.3.1', differences: 'docs/differences.md' },
    script_contract: {
      language: 'JavaScript (ECMAScript 2024), or TypeScript with types alone; one file without imports',
      entrypoint: 'top-level code with await and return, or a default export, or export function workflow(input)',
      metadata: 'export const meta = { name?, description?, whenToUse?, phases?: [{ title, model? }], dialect?, limits?, skills? }',
      input: 'args, also named input: parsed JSON, the text itself, or null',
      log: 'log(...values); console.log and its like do the same',
      phase: 'phase(title, detail?), for what follows in the same scope',
      prompt_slot: 'promptSlot(name, context?, suggested?)',
      agent: 'agent(prompt, options?): resolves to text, to the value of options.schema, or to a failure { ok: false, error, … }',
      agent_bridge: 'pandacode, the executor shipped with odw; any program that keeps the contract of docs/executors.md by --pandacode-bin',
      codex: "options.runtime 'codex', or pandacode.codex(prompt, options)",
      budget: 'budget.total, budget.spent(), budget.remaining(), budget.approx',
      checkpoint: 'checkpoint(name, value), checkpoint.get(name, fallback?), checkpoint.has(name)',
      parallel: 'parallel(functions or { prompt, …options }, { label, phase, max }?): a barrier; a thrown element is null',
      fanout: 'fanout(items, (item, index) => …, options?): parallel over mapped items',
      pipeline: 'pipeline(items, ...stages): each item moves by itself; a stage gets (previous, item, index)',
      schema_retry: 'retry: { maxAttempts, backoff, retryWhen }; the next prompt names each issue of the reply before',
      prompt_style: 'A prompt says everything its agent needs: agents share nothing but the files of the project.',
      error_feedback: 'A reply { ok: false, origin, error, feedback } is a structured failure of the node.',
      limits: {
        max_concurrent_agents: 16,
        max_agents_per_run: 1000,
        max_items_per_group: 4096,
        workflow_script_io: 'none: no files, no network, no clock, no chance; agents do that',
      },
    },
    lifecycle: lifecycle(commands),
    agent_types: agentTypes,
    extension_points: {
      executor: 'odw exec --pandacode-bin PATH, or ODW_PANDACODE_BIN: another program behind every node',
      engine: 'TEMPORAL_ADDRESS or a Temporal profile: a cluster of your own',
      skills: '.odw/skills/ID.md in the project or skills/ID.md in ODW_HOME, for the option skills; odw skills list names all',
      workflows: '.claude/workflows/NAME.js in the project or the home folder, for workflow(NAME)',
    },
  };
}
