import { canonicalJson } from '../../src/keys/canonical.ts';
import { fingerprintOf, Ordinals, type NodeIdentity } from '../../src/keys/fingerprint.ts';
import { partsOf } from '../../src/keys/parts.ts';
import { readRetryPolicy, type RetryPolicy } from '../../src/node/retry.ts';
import { readMaxTurns } from '../../src/limits/max-turns.ts';
import { readNodeLimits } from '../../src/limits/read-limits.ts';
import type { Json } from '../../schemas/json.ts';
import type { RestartedWith } from '../../schemas/node.ts';
import type { LimitValues } from '../../schemas/limits.ts';
import { prepareSchema, type PreparedSchema } from '../activities.ts';
import { claudeSchemaTries, hasSchema, namesAttempts, openDefinition } from '../dialect/claude.ts';
import { providerName } from '../../src/policy/provider-name.ts';
import { nodeScope } from '../control/scopes.ts';
import type { RunContext } from '../run-context.ts';
import type { Scope } from '../scope.ts';
import { openInputs, type NodeInputs } from './inputs.ts';
import { namesSkills, openSkills, type NodeSkills } from './skills.ts';
import { noWaits, type AttemptWaits } from './waits.ts';
import { agentTypeOf, readSettings, unknownOptions, type AgentOptions, type NodeSettings } from './options.ts';

/** One agent() call, with everything that stays the same over its attempts. */
export interface NodeCall {
  prompt: string;
  /** What stands before the author's own prompt in it. */
  preamble: string;
  options: AgentOptions;
  settings: NodeSettings;
  scope: Scope;
  index: number;
  key: string;
  /** The key without its ordinal: the id, or the content. */
  bareKey: string;
  fingerprint: string;
  /** Parts of the fingerprint, to tell later what changed. */
  parts: string;
  retry: RetryPolicy;
  /** Attempts where the failure is another than a reply that does not match the schema. */
  failureAttempts: number;
  /** Why no agent can be asked: the dialect claude knows no such agent type. */
  refused: string | undefined;
  /** Limits of this node alone (LIMIT-01), and their scope; it stays when the key changes. */
  limits: (LimitValues & { scope: string }) | undefined;
  /** Turns that its agent may take in one dispatch. */
  maxTurns: number | undefined;
  schema: { name: string; purpose: string | undefined; prepared: PreparedSchema } | undefined;
  /** The files that it goes by. */
  inputs: NodeInputs | undefined;
  /** The skills that it goes by. */
  skills: NodeSkills | undefined;
  /** The provider under whose limits the node falls. */
  service: string;
  /** That it left its own provider, which was used up, for another (QUOTA-07); `held` is how often the attempt had been held by then. */
  failover: { from: string; to: string; held: number } | undefined;
  /** A person stopped it while it waited to start. */
  stopped: boolean;
  /** What a person had it asked in place of what the script asks. */
  restartedWith: RestartedWith | undefined;
  /** How the attempt under way waited for its provider. */
  waits: AttemptWaits;
}

/** Everything of a call up to its identity (AGENT-06): index, labels, schema, key, fingerprint. */
export async function openCall(ctx: RunContext, scope: Scope, ownPrompt: string, options: AgentOptions, index: number): Promise<NodeCall> {
  const claude = scope.frame.dialect === 'claude';
  const definition = claude ? await openDefinition(ctx, agentTypeOf(options)) : undefined;
  const settings = readSettings(ctx, scope, options, index, definition?.ok ? definition.model : undefined);
  const retry = readRetryPolicy(options, ctx.realBackend);
  const failureAttempts = retry.maxAttempts;
  if (claude && hasSchema(options) && !namesAttempts(options)) retry.maxAttempts = claudeSchemaTries;
  for (const name of unknownOptions(options)) ctx.warn(`agent() option "${name}" is not known and has no effect`);
  const problems: string[] = [];
  const limits = readNodeLimits(options['limits'], problems);
  const maxTurns = readMaxTurns(options['maxTurns'], problems);
  for (const warning of [...retry.warnings, ...problems]) ctx.warn(warning);
  const schema = await openSchema(ctx, options);
  const preamble = definition?.ok && definition.text !== '' ? `${definition.text}\n\n` : '';
  const prompt = preamble + ownPrompt;
  const inputs = options['inputs'] === undefined ? undefined : await openInputs(ctx, { prompt, options, settings });
  const skills = namesSkills(scope, options) ? await openSkills(ctx, scope, options) : undefined;
  const identity = identityOf(ctx, { prompt, options, settings, schema, inputs, skills });
  const fingerprint = fingerprintOf(identity);
  const bareKey = settings.id ?? `agent:${fingerprint}`;
  const key = Ordinals.name(bareKey, ctx.keyOrdinals.next(bareKey));
  return {
    prompt,
    preamble,
    options,
    settings,
    scope,
    index,
    key,
    bareKey,
    fingerprint,
    parts: partsOf(identity),
    retry,
    failureAttempts,
    schema,
    inputs,
    skills,
    refused: definition?.ok === false ? definition.message : undefined,
    service: providerName(settings),
    failover: undefined,
    restartedWith: undefined,
    stopped: false,
    limits: limits && { ...limits, scope: nodeScope(key) },
    maxTurns,
    waits: noWaits(),
  };
}

/** What a node would be asked, and who would answer, with these settings. */
export function identityOf(
  ctx: RunContext,
  { prompt, options, settings, schema, inputs, skills }: Pick<NodeCall, 'prompt' | 'options' | 'settings' | 'schema' | 'inputs' | 'skills'>,
): NodeIdentity {
  return {
    prompt,
    backend: ctx.input.options.backend,
    runtime: settings.runtime,
    provider: settings.provider,
    model: settings.model,
    effort: settings.effort,
    action: text(options['action']),
    permission: settings.permission,
    isolation: settings.isolation,
    worktreeBase: settings.isolation ? settings.worktreeBase : undefined,
    session: settings.session,
    gateway: settings.gateway,
    acpAgent: settings.acpAgent,
    schema: schema ? (schema.prepared.ok ? schema.prepared.json : schema.prepared.message) : undefined,
    schemaPurpose: schema?.purpose,
    inputs: inputs && (inputs.hashed.ok ? inputs.hashed.sha256 : inputs.hashed.message),
    skills: skills?.ids.map((id) => ({ id, sha256: skills.loaded.find((one) => one.id === id)?.sha256 ?? '' })),
    mock: ctx.realBackend ? undefined : mockOptionsOf(options),
  };
}

/** Mock options among a node's options; they shape a mock result, so they are part of its identity (KEY-03). */
export function mockOptionsOf(options: AgentOptions): Record<string, Json> {
  const picked = Object.entries(options).filter(([name, value]) => (name.startsWith('mock') || name === 'action') && value !== undefined);
  return JSON.parse(JSON.stringify(Object.fromEntries(picked))) as Record<string, Json>;
}

async function openSchema(ctx: RunContext, options: AgentOptions): Promise<NodeCall['schema']> {
  const given = options['schema'];
  if (given === undefined || given === null) return undefined;
  const title = typeof given === 'object' ? (given as Record<string, unknown>)['title'] : undefined;
  const name = typeof given === 'string' ? given : typeof title === 'string' && title !== '' ? title : 'inline schema';
  const purpose = ['schemaDescription', 'outputDescription', 'finalResponseDescription'].map((key) => text(options[key])).find((value) => value?.trim());
  return { name, purpose, prepared: await prepared(ctx, given) };
}

// One look per distinct schema and run: the same content is loaded and checked once.
function prepared(ctx: RunContext, given: unknown): Promise<PreparedSchema> {
  let schema: Json;
  try {
    schema = JSON.parse(JSON.stringify(given)) as Json;
  } catch (error) {
    return Promise.resolve({ ok: false, message: `schema cannot be written as JSON: ${(error as Error).message}` });
  }
  const identity = canonicalJson(schema);
  let promise = ctx.schemas.get(identity);
  if (!promise) {
    promise = prepareSchema({ root: ctx.input.root, schema });
    ctx.schemas.set(identity, promise);
  }
  return promise;
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
