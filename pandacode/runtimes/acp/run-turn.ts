import { join } from 'node:path';
import type { PromptResponse } from '@agentclientprotocol/sdk/unstable';
import { failure, type Failure } from '../../errors/failure.ts';
import { tail } from '../../report/mask.ts';
import { ensureDirectory } from '../../state/layout.ts';
import { sessionFileName } from '../../state/session-name.ts';
import { unknownCost } from '../../usage/cost.ts';
import type { TurnContext, TurnRequest, TurnResult } from '../runtime.ts';
import { acpAgents, chooseAgent } from './agents.ts';
import { acpEnvironment } from './environment.ts';
import { AgentFailure, LiveAgent } from './live-agent.ts';
import { stopFailure } from './outcome.ts';
import { AcpUpdates } from './updates.ts';
import { turnUsage } from './usage.ts';

const live = new WeakMap<TurnContext, LiveAgent>();

/** One prompt to the agent of this run, which is started for the first. */
export async function runTurn(request: TurnRequest, context: TurnContext): Promise<TurnResult> {
  const { options } = request;
  const updates = new AcpUpdates(context, options);
  const cancel = () => live.get(context)?.cancel();
  context.control.stopped.addEventListener('abort', cancel, { once: true });
  context.watchdog.childStarted();
  try {
    const agent = live.get(context) ?? start(request, context);
    if ('category' in agent) return result({ problem: agent, updates, request });
    if (agent.sessionId === null) await agent.open(request);
    agent.updates = updates;
    const answer = await agent.prompt(promptOf(request));
    updates.close();
    context.artifact('answered_model', modelOf(agent, updates));
    context.artifact('chosen_model', agent.model);
    const spoke = updates.lastText !== '' || updates.tools.size > 0;
    const problem = agent.question
      ? needsInput(agent.question.question)
      : stopFailure(answer.stopReason, { spoke, saidSomething: updates.lastText !== '', refusal: agent.refusal }, agent.agent.name);
    return result({ problem: problem && (agent.question ? problem : (context.control.reason?.failure ?? problem)), answer, updates, request, agent });
  } catch (error) {
    if (!(error instanceof AgentFailure)) throw error;
    updates.close();
    const agent = live.get(context);
    return result({
      problem: context.control.reason?.failure ?? error.failure,
      updates,
      request,
      ...(agent ? { agent } : {}),
      stderr: await stderrOf(agent, error),
    });
  } finally {
    context.control.stopped.removeEventListener('abort', cancel);
    context.watchdog.childEnded();
  }
}

/** Ends the agent of a run. */
export async function endRun(context: TurnContext): Promise<void> {
  await live.get(context)?.close();
  live.delete(context);
}

function start(request: TurnRequest, context: TurnContext): LiveAgent | Failure {
  const { options, env, stateDir, permission } = request;
  const stored = request.resumeThread === undefined ? undefined : request.artifacts['agent'];
  const named = options.agent ?? (typeof stored === 'string' ? stored : env['PANDACODE_ACP_AGENT']);
  const agent = chooseAgent(named, env);
  if (!agent) {
    return failure('not_installed', `none of the agents ${acpAgents.map(({ name }) => name).join(', ')} is installed`, {
      next_action: 'Install one of them, or name another one with --agent or PANDACODE_ACP_AGENT.',
    });
  }
  const file = sessionFileName(request.session);
  const root = join(stateDir, 'acp');
  const files = {
    stderr: join(ensureDirectory(join(root, 'logs')), `${file}.debug.log`),
    raw: join(ensureDirectory(join(root, 'raw')), `${file}.jsonl`),
  };
  const { variables, configDir } = acpEnvironment({ agent, env, passEnv: options.passEnv, permission, privateConfigDir: join(root, 'config') });
  if (configDir) ensureDirectory(configDir);
  context.artifact('agent', named || agent.name);
  context.artifact('debug_log', files.stderr);
  context.artifact('raw_log', files.raw);
  const started = new LiveAgent(agent, request, context, variables, files);
  live.set(context, started);
  return started;
}

// The protocol has no schema: the agent reads it in the prompt. A repair turn repeats it anyway.
function promptOf({ prompt, schema }: TurnRequest): string {
  if (schema === undefined) return prompt;
  return `${prompt}\n\nEnd with exactly one JSON value, without fences or prose, that matches this JSON Schema:\n${JSON.stringify(schema)}`;
}

function needsInput(question: string): Failure {
  return failure('pandacode_needs_input', question);
}

async function stderrOf(agent: LiveAgent | undefined, error: AgentFailure): Promise<string> {
  if (!agent || error.failure.category === 'not_installed') return '';
  const exit = await Promise.race([agent.exited, Promise.resolve(undefined)]);
  return tail(exit?.stderrTail ?? '', 1200);
}

function modelOf(agent: LiveAgent | undefined, updates: AcpUpdates): string | null {
  const model = updates.model ?? agent?.model ?? null;
  return model === 'default' ? null : model;
}

interface Ending {
  problem: Failure | undefined;
  answer?: PromptResponse;
  updates: AcpUpdates;
  request: TurnRequest;
  agent?: LiveAgent;
  stderr?: string;
}

function result({ problem, answer, updates, request, agent, stderr }: Ending): TurnResult {
  const usage = turnUsage(agent?.agent.usage, answer && (answer.usage ?? null), updates.tokens, updates.counts.tool_calls + 1);
  const model = modelOf(agent, updates);
  return {
    ...(problem ? { failure: problem } : {}),
    ...(agent?.question ? { pendingUserInput: agent.question } : {}),
    threadId: agent?.sessionId ?? request.resumeThread ?? null,
    finalText: updates.lastText,
    usage,
    rawUsage: usage ? { total_tokens: usage.total, ...answer?.usage, _meta: undefined } : null,
    // What an agent says that it cost is not known to be a list price: it is shown, not counted.
    cost: unknownCost,
    model,
    baseline: {},
    stderrTail: stderr ?? '',
    summary: {
      stop_reason: answer?.stopReason ?? null,
      agent: agent?.agent.name ?? null,
      agent_info: agent?.info ?? null,
      agent_cost: updates.cost,
      counts: updates.counts,
    },
    extra: {},
  };
}
