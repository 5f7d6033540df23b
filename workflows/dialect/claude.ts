import { claudeEfforts } from '../../src/script/claude-form.ts';
import type { NodeFailure } from '../../schemas/node.ts';
import { loadAgentDefinition, type AgentDefinition } from '../activities.ts';
import type { RunContext } from '../run-context.ts';

/** How often a node with a schema is tried in the dialect claude when it names no number itself: once and four times again (DIAL-11). */
export const claudeSchemaTries = 5;

export function hasSchema(options: Record<string, unknown>): boolean {
  return options['schema'] !== undefined && options['schema'] !== null;
}

/** Whether a node says itself how often it is to be tried. */
export function namesAttempts(options: Record<string, unknown>): boolean {
  const retry = options['retry'];
  const ofRetry = typeof retry === 'object' && retry !== null ? (retry as Record<string, unknown>)['maxAttempts'] : undefined;
  return (ofRetry ?? options['maxAttempts'] ?? undefined) !== undefined;
}

/**
 * Refuses an effort that the dialect claude does not have (DIAL-13).
 *
 * @throws TypeError to the script: a mistake of its author
 */
export function checkEffort(effort: unknown): void {
  if (effort === undefined || effort === null) return;
  if (typeof effort !== 'string' || !claudeEfforts.includes(effort))
    throw new TypeError(`EFFORT_UNKNOWN: agent() option effort must be one of ${claudeEfforts.join(', ')}, got ${JSON.stringify(effort)}`);
}

/** What a failed node is in the dialect claude: null (DIAL-17); a throw where no reply matched its schema, or the schema cannot be used (DIAL-18). */
export function claudeFailure(failure: NodeFailure): null {
  if (failure.category === 'schema_mismatch' || failure.category === 'schema_load_error') {
    const issues = failure.issues?.length ? `: ${failure.issues.join('; ')}` : '';
    throw new Error(`${failure.category}: ${failure.message}${issues}`);
  }
  return null;
}

/** The definition file of an agent type (DIAL-15), read once per run and type; undefined where there is nothing to read. */
export function openDefinition(ctx: RunContext, type: string | undefined): Promise<AgentDefinition> | undefined {
  // The type that stands for an agent without a definition.
  if (type === undefined || type === 'general-purpose') return undefined;
  let definition = ctx.agentDefinitions.get(type);
  if (!definition) {
    definition = loadAgentDefinition({ root: ctx.input.root, type });
    ctx.agentDefinitions.set(type, definition);
  }
  return definition;
}
