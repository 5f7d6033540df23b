import { createHash } from 'node:crypto';
import { failure, failureOf } from '../../errors/failure.ts';
import { invalidRequest } from '../../errors/raise.ts';
import { compileSchema } from '../../schema/load-schema.ts';
import { wrapped } from '../../schema/json-schema.ts';
import { findPrice } from '../../usage/cost.ts';
import { usdCnyRate } from '../../usage/exchange-rate.ts';
import { readPriceFile } from '../../usage/price-file.ts';
import { childEnvironment, passedNames } from '../../env/child-environment.ts';
import type { TurnContext, TurnRequest, TurnResult } from '../runtime.ts';
import { amountIn, type Budget } from './budget/budget.ts';
import { TokenMeter } from './budget/token-meter.ts';
import { endpointFor, optionsOf } from './choose.ts';
import { Compactor, compactionThreshold } from './history/compaction.ts';
import { Conversation } from './history/conversation.ts';
import { warmCache } from './loop/warm-cache.ts';
import { emptyRecord, type LoopEnd, type LoopSetup } from './loop/loop-state.ts';
import { runLoop } from './loop/run-loop.ts';
import { stableContext } from './loop/stable-context.ts';
import { systemPrompt } from './loop/system-prompt.ts';
import { taskMessage } from './loop/task-message.ts';
import { inferredChecks } from './loop/verify.ts';
import { loadCatalogue } from './providers/catalogue.ts';
import { generationFor } from './providers/generation.ts';
import type { Endpoint } from './providers/resolve.ts';
import { beginRunFolder, canResumeFrom, readResumeContext, runFiles } from './run-files.ts';
import { finishRun } from './finish-run.ts';
import { Secrets } from './safety/secrets.ts';
import { submitDefinition, toolDefinitions } from './tools/definitions.ts';
import { toolResultText } from './tools/tool-result.ts';
import type { BambooOptions } from './options.ts';

/** One run of the loop: sets everything up, lets the model work, and reports. Failures of vendors and tools are in the result. */
export async function runBambooTurn(request: TurnRequest, context: TurnContext): Promise<TurnResult> {
  const startedMs = Date.now();
  const { env, workspace, stateDir, runId, resumeThread } = request;
  // Loads while git is asked about the workspace.
  const library = Promise.all([import('./model/ai-adapter.ts'), import('./model/transport.ts')]);
  library.catch(() => undefined);
  if (resumeThread && !canResumeFrom(stateDir, resumeThread)) throw invalidRequest(`Bamboo session ${request.session} has no transcript to continue`);
  const options = optionsOf(request.options.bamboo, env, request.artifacts);
  const endpoint = endpointFor(
    { storedProvider: request.provider, storedByName: request.artifacts['provider_named'] === true, model: request.model ?? undefined },
    workspace,
    env,
  );
  const generation = generationFor(endpoint, request.effort, options);
  for (const note of generation.notes) context.note(note);
  const files = beginRunFolder(stateDir, runId, {
    run_id: runId,
    session: request.session,
    provider: endpoint.name,
    model: endpoint.model,
    base_url: endpoint.baseUrl,
    workspace,
    started_ms: startedMs,
    resumed_from: resumeThread ?? null,
  });
  context.artifact('run_dir', files.folder);
  context.artifact('transcript', files.transcript);
  const boundary = { workspace, stateDir };
  const verify = [...new Set([...options.verify, ...(options.autoVerify ? inferredChecks(workspace) : [])])];
  const conversation = await conversationFor(request, options, endpoint, verify, files.transcript);
  context.threadKnown(runId, files.transcript);
  context.events.emit('session.started', { thread_id: runId, provider: endpoint.name, model: endpoint.model });
  const prices = readPriceFile({ priceFile: options.priceFile, workspace, env }, context.warn);
  const price = safely(() => findPrice(prices.text, endpoint.name, endpoint.model), context);
  const meter = new TokenMeter(price, await usdCnyRate(env, prices.text));
  const schema = request.schema === undefined ? undefined : wrapped(request.schema);
  const tools = schema ? [...toolDefinitions, submitDefinition(schema.schema)] : toolDefinitions;
  const stable = conversation.messages[0]?.role === 'user' ? conversation.messages[0].text : '';
  const [{ createChatModel }, { transportFor }] = await library;
  const setup: LoopSetup = {
    model: createChatModel({
      endpoint,
      generation,
      cacheKey: options.cacheKey ?? `bamboo-${createHash('sha256').update(conversation.system).update('\0').update(stable).digest('hex').slice(0, 16)}`,
      cacheRetention: options.cacheRetention,
      params: options.params,
      fetch: await transportFor(endpoint.baseUrl, options.modelTimeoutMs, env),
    }),
    conversation,
    tools,
    surroundings: {
      boundary,
      permission: request.permission,
      shellTimeoutMs: options.shellTimeoutMs,
      env: shellEnvironment(request),
      secrets: Secrets.gather(workspace, env, endpoint.key),
      backgroundLogs: files.background,
      context,
    },
    limits: { silenceMs: options.modelTimeoutMs, deadlineMs: request.deadlineMs },
    maxSteps: request.options.maxSteps ?? 60,
    budget: budgetOf(request, options),
    meter,
    compactor: new Compactor({ thresholdTokens: thresholdOf(options, endpoint, generation.maxTokens), keepLast: options.historyKeepLast }),
    thresholdTokens: thresholdOf(options, endpoint, generation.maxTokens),
    verify,
    ...(schema && request.schema !== undefined
      ? { schema: { loaded: await compileSchema(request.schema, 'schema'), isWrapped: schema.isWrapped, repairs: request.schemaRepairs } }
      : {}),
    about: { provider: endpoint.name, model: endpoint.model },
    context,
  };
  const record = emptyRecord();
  let end: LoopEnd;
  try {
    end = unenforceable(setup, price !== undefined) ?? (await begin(setup, record, options));
  } catch (error) {
    end = { failure: failureOf(error), text: record.lastText };
  }
  return finishRun({ request, context, setup, record, end, files, endpoint, options, generation, stable, startedMs, priceFile: prices });
}

async function begin(setup: LoopSetup, record: ReturnType<typeof emptyRecord>, options: BambooOptions): Promise<LoopEnd> {
  setup.context.watchdog.touch();
  if (options.cacheWarm) await warmCache(setup, options.cacheWarmRounds);
  return runLoop(setup, record);
}

async function conversationFor(request: TurnRequest, options: BambooOptions, endpoint: Endpoint, verify: string[], file: string): Promise<Conversation> {
  const { resumeThread, stateDir, workspace, prompt } = request;
  const earlier = resumeThread ? Conversation.resume(runFiles(stateDir, resumeThread).transcript, file) : undefined;
  if (earlier) {
    const isAnswer = request.action === 'answer' && earlier.pending !== undefined;
    earlier.settle(isAnswer ? toolResultText('ask_user', { ok: true, message: `The user answered: ${prompt}`, output: prompt }, 0) : undefined);
    if (!isAnswer) earlier.push({ role: 'user', kind: 'task', text: prompt });
    return earlier;
  }
  const conversation = Conversation.start(systemPrompt(request.permission, request.schema !== undefined), file);
  conversation.push({ role: 'user', kind: 'stable', text: await stableContext({ workspace, stateDir }, options) });
  const resumeContext = resumeThread ? readResumeContext(stateDir, resumeThread) : undefined;
  const about = { workspace, provider: endpoint.name, model: endpoint.model, verify, task: prompt, ...(resumeContext ? { resumeContext } : {}) };
  conversation.push({ role: 'user', kind: 'task', text: taskMessage(about) });
  return conversation;
}

/** What shell commands inherit: the allow-list, and no key of any vendor. */
function shellEnvironment({ env, options, workspace }: TurnRequest): Record<string, string> {
  const variables = childEnvironment(env, passedNames(options.passEnv, env));
  const keys = Object.values(loadCatalogue(workspace, env['HOME']).providers).flatMap((one) => one.key_variables);
  for (const name of [...keys, 'PANDACODE_BAMBOO_API_KEY', 'BAMBOO_API_KEY']) delete variables[name];
  return variables;
}

function budgetOf({ options }: TurnRequest, bamboo: BambooOptions): Budget {
  return {
    input: bamboo.maxInputTokens,
    output: bamboo.maxOutputTokens,
    total: options.maxTotalTokens,
    cost: options.maxCost,
    currency: bamboo.maxCostCurrency,
  };
}

function thresholdOf(options: BambooOptions, endpoint: Endpoint, maxTokens: number): number {
  return compactionThreshold({ explicit: options.compactThresholdTokens, context: endpoint.known?.context, reserve: options.compactReserveTokens, maxTokens });
}

/** A cost limit that nothing can measure is refused before the first call. */
function unenforceable({ budget, meter, context, about }: LoopSetup, hasPrice: boolean): LoopEnd | undefined {
  if (budget.cost === undefined) return undefined;
  const isMeasurable = hasPrice && amountIn(meter.costOfNothing(), budget.currency) !== undefined;
  if (isMeasurable) return undefined;
  context.events.emit('budget.unenforceable', { currency: budget.currency });
  const why = hasPrice ? `no rate into ${budget.currency} is known` : `no price of ${about.provider}:${about.model} is known`;
  return {
    failure: failure('budget', `--max-cost cannot be held: ${why}`, { next_action: 'Give a price with --price-file, or leave --max-cost out.' }),
    text: '',
  };
}

function safely<T>(look: () => T, context: TurnContext): T | undefined {
  try {
    return look();
  } catch (error) {
    context.warn(`the price file cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}
