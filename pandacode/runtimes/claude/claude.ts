import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Failure } from '../../errors/failure.ts';
import { usageError } from '../../errors/raise.ts';
import { appendQuietly } from '../../events/append-quietly.ts';
import { runChild, type ChildExit } from '../../process/run-child.ts';
import { ensureDirectory } from '../../state/layout.ts';
import { sessionFileName } from '../../state/session-name.ts';
import { tail } from '../../report/mask.ts';
import { unwrapped, wrapped } from '../../schema/json-schema.ts';
import { wantsGateway, type Runtime, type TurnContext, type TurnRequest, type TurnResult } from '../runtime.ts';
import { startFailure } from '../start-failure.ts';
import { claudeArguments, claudeMode } from './command-line.ts';
import { diagnoseClaude, claudeModels } from './diagnose.ts';
import { claudeEnvironment, gatewaySwitches, gatewayVariables } from './environment.ts';
import { claudeFailure } from './outcome.ts';
import { barePrompt } from './project-instructions.ts';
import { ClaudeStream } from './stream.ts';
import { callUsage, claudeCost, claudeUsage, nextBaseline, type ClaudeBaseline } from './usage.ts';

/** One command-line argument may hold 128 KB; a larger schema travels in the prompt. */
const longestArgument = 100_000;

/** Drives the official `claude` CLI, headless. */
export const claude: Runtime = {
  name: 'claude',
  title: 'Claude',
  driver: 'claude-headless',
  defaultModel: (env) => env['PANDACODE_CLAUDE_MODEL'] || 'opus',
  defaultEffort: 'max',
  silentStart: 'internal',
  priceProvider: 'anthropic',
  eventFile: (stateDir, file) => join(stateDir, 'claude', 'events', `${file}.jsonl`),
  check: (options) => {
    // Full mode sends messages that vendors refuse.
    if (options.gateway && options.claudeMode === 'full') throw usageError('--gateway works in bare mode only; leave --claude-mode out');
  },
  choose: async (request) => (wantsGateway(request) ? (await import('../gateway.ts')).chooseGateway('anthropic', request) : undefined),
  runTurn,
  diagnose: diagnoseClaude,
  models: claudeModels,
};

async function runTurn(request: TurnRequest, context: TurnContext): Promise<TurnResult> {
  const first = await call(request, context, request.schema !== undefined);
  // The CLI compiles schemas by an older draft than ours. One that it cannot read is asked for in the prompt instead.
  const refused = first.failure && /--json-schema is not a valid JSON Schema/.test(first.stderrTail);
  if (!refused) return first;
  context.note('the claude CLI cannot read this schema, so it was given in the prompt');
  return call(request, context, false);
}

async function call(request: TurnRequest, context: TurnContext, nativeSchema: boolean): Promise<TurnResult> {
  const { options, stateDir, session } = request;
  const gateway = request.provider === undefined ? undefined : (await import('../gateway.ts')).gatewayOf('anthropic', request);
  const env = gateway ? gatewayVariables(request.env, gateway) : request.env;
  const file = sessionFileName(session);
  const thread = { id: request.resumeThread ?? randomUUID(), resume: request.resumeThread !== undefined };
  const mode = claudeMode(gateway ? 'bare' : options.claudeMode, env);
  const root = join(stateDir, 'claude');
  const sessionConfigDir = request.artifacts['config_dir'];
  const { variables, configDir } = claudeEnvironment({
    env,
    passEnv: options.passEnv,
    effort: request.effort,
    privateConfigDir: join(root, 'config'),
    userId: process.getuid?.(),
    ...(typeof sessionConfigDir === 'string' && thread.resume ? { sessionConfigDir } : {}),
  });
  if (gateway) Object.assign(variables, gatewaySwitches);
  if (configDir) ensureDirectory(configDir);
  const schema = request.schema === undefined ? undefined : wrapped(request.schema);
  const schemaText = schema === undefined ? undefined : JSON.stringify({ ...schema.schema, $schema: undefined, $id: undefined });
  const inArguments = nativeSchema && schemaText !== undefined && schemaText.length <= longestArgument;
  const stderrFile = join(ensureDirectory(join(root, 'logs')), `${file}.debug.log`);
  const rawFile = join(ensureDirectory(join(root, 'raw')), `${file}.jsonl`);
  context.artifact('config_dir', configDir ?? null);
  context.artifact('debug_log', stderrFile);
  context.artifact('raw_log', rawFile);
  context.threadKnown(thread.id);

  const stream = new ClaudeStream(context, (line) => appendQuietly(rawFile, `${line}\n`), options.maxTotalTokens);
  context.watchdog.childStarted();
  const exit = await runChild(
    {
      command: options.bin || env['PANDACODE_CLAUDE_BIN'] || 'claude',
      args: claudeArguments({
        model: request.model,
        effort: request.effort,
        permission: request.permission,
        mode,
        thread,
        allowTools: options.allowTools,
        persist: options.persist,
        ...(inArguments ? { schema: schemaText } : {}),
        ...(options.maxSteps === undefined ? {} : { maxSteps: options.maxSteps }),
        ...(options.maxCost === undefined ? {} : { maxCost: options.maxCost }),
      }),
      cwd: request.workspace,
      env: variables,
      input: prompt(request, mode, inArguments ? undefined : request.schema),
      onLine: (line) => stream.push(line),
      stderrFile,
    },
    context.control,
    context.family,
  );
  context.watchdog.childEnded();
  for (const line of exit.leftovers) context.warn(line);
  return turnResult(stream, exit, request, context, thread.id, schema?.isWrapped ?? false, mode);
}

// In the prompt the schema stands as it is: only the CLI's own channel needs an object around it.
function prompt(request: TurnRequest, mode: 'bare' | 'full', schema: TurnRequest['schema']): string {
  const task = mode === 'bare' && request.resumeThread === undefined ? barePrompt(request.workspace, request.prompt) : request.prompt;
  if (schema === undefined) return task;
  return `${task}\n\nEnd with exactly one JSON value, without fences or prose, that matches this JSON Schema:\n${JSON.stringify(schema)}`;
}

function turnResult(
  stream: ClaudeStream,
  exit: ChildExit,
  request: TurnRequest,
  context: TurnContext,
  threadId: string,
  isWrapped: boolean,
  mode: string,
): TurnResult {
  const { result } = stream;
  const models = result ? callUsage(result, request.baseline as ClaudeBaseline) : {};
  const exact = claudeUsage(models);
  const problem = ending(stream, exit, context);
  for (const denial of result?.permission_denials ?? [])
    context.warn(`a tool was refused by the permissions: ${denial.tool_name ?? 'unknown'} ${JSON.stringify(denial.tool_input ?? {}).slice(0, 300)}`);
  const structured = result && 'structured_output' in result ? { structured: { value: unwrapped(result.structured_output, isWrapped) } } : {};
  return {
    ...(problem ? { failure: problem } : {}),
    threadId,
    finalText: result?.result || stream.lastText,
    ...structured,
    usage: exact ?? stream.live.total(),
    rawUsage: rawUsage(exact),
    cost: claudeCost(models),
    model: stream.model,
    baseline: nextBaseline(result, request.baseline as ClaudeBaseline),
    stderrTail: tail(exit.stderrTail, 1200),
    summary: { num_turns: result?.num_turns ?? null, thread_id: threadId, mode, terminal_reason: result?.terminal_reason ?? null },
    extra: {},
  };
}

// A call that reached its end is kept, even when something asked it to stop in the same moment: it is paid for.
function ending(stream: ClaudeStream, exit: ChildExit, context: TurnContext): Failure | undefined {
  if (exit.startError) return startFailure('claude', exit.startError);
  const { result, hasOutput, isRequesting, lastRetryMs, resetMs } = stream;
  const own = claudeFailure({
    result,
    hasOutput,
    isRequesting,
    exitCode: exit.code,
    signal: exit.signal,
    stderrTail: tail(exit.stderrTail, 1200),
    ...(lastRetryMs === undefined ? {} : { lastRetryMs }),
    ...(resetMs === undefined ? {} : { resetMs }),
  });
  return own && (context.control.reason?.failure ?? own);
}

function rawUsage(exact: ReturnType<typeof claudeUsage>): Record<string, unknown> | null {
  if (!exact) return null;
  return {
    total_tokens: exact.total,
    input_tokens: exact.input - exact.cached_input - exact.cache_write,
    output_tokens: exact.output,
    cache_read_input_tokens: exact.cached_input,
    cache_creation_input_tokens: exact.cache_write,
  };
}
