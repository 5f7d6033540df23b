import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../system/files.ts';
import { appendQuietly } from '../../events/append-quietly.ts';
import { runChild, type ChildExit } from '../../process/run-child.ts';
import { masked, tail } from '../../report/mask.ts';
import { unwrapped, wrapped, type JsonSchema } from '../../schema/json-schema.ts';
import { strictSchema, withoutOptionalNulls } from '../../schema/strict-schema.ts';
import { ensureDirectory } from '../../state/layout.ts';
import { sessionFileName } from '../../state/session-name.ts';
import { unknownCost } from '../../usage/cost.ts';
import { wantsGateway, type Runtime, type TurnContext, type TurnRequest, type TurnResult } from '../runtime.ts';
import { startFailure } from '../start-failure.ts';
import { codexBinary } from './binary.ts';
import { codexArguments, codexEffort } from './command-line.ts';
import { codexModels, diagnoseCodex, supportsMax } from './diagnose.ts';
import { codexEnvironment } from './environment.ts';
import { missingLogin } from './login.ts';
import { codexFailure } from './outcome.ts';
import { rolloutFile } from './rollout.ts';
import { CodexStream } from './stream.ts';
import { codexUsage, nextTokens, turnTokens } from './usage.ts';

/** Drives the official `codex exec` CLI. */
export const codex: Runtime = {
  name: 'codex',
  title: 'Codex',
  driver: 'codex-exec',
  defaultModel: (env) => env['PANDACODE_CODEX_MODEL'] || 'gpt-5.5',
  defaultEffort: 'xhigh',
  silentStart: 'network',
  priceProvider: 'openai',
  eventFile: (stateDir, file) => join(stateDir, 'codex', 'runs', file, 'logs', 'events.jsonl'),
  check: () => undefined,
  choose: async (request) => (wantsGateway(request) ? (await import('../gateway.ts')).chooseGateway('responses', request) : undefined),
  missing: missingLogin,
  runTurn,
  diagnose: diagnoseCodex,
  models: codexModels,
};

async function runTurn(request: TurnRequest, context: TurnContext): Promise<TurnResult> {
  const { options, stateDir } = request;
  const gateway = request.provider === undefined ? undefined : (await import('../gateway.ts')).gatewayOf('responses', request);
  const env = gateway ? { ...request.env, PANDACODE_CODEX_BASE_URL: gateway.baseUrl, CODEX_API_KEY: gateway.key } : request.env;
  const logs = ensureDirectory(join(stateDir, 'codex', 'runs', sessionFileName(request.session), 'logs'));
  const files = { stderr: join(logs, 'stderr.log'), raw: join(logs, 'raw.jsonl'), last: join(logs, 'last.txt'), schema: join(logs, 'schema.json') };
  const sessionHome = request.artifacts['config_dir'];
  const { variables, home, config } = codexEnvironment({
    env,
    passEnv: options.passEnv,
    config: options.codexConfig,
    privateHome: join(stateDir, 'codex', 'config'),
    ...(typeof sessionHome === 'string' && request.resumeThread ? { sessionHome } : {}),
  });
  if (home) ensureDirectory(home);
  context.artifact('config_dir', home ?? null);
  context.artifact('debug_log', files.stderr);
  context.artifact('log_dir', logs);
  const schema = request.schema === undefined ? undefined : wrapped(request.schema);
  if (schema) writeFileAtomic(files.schema, JSON.stringify(strictSchema(schema.schema), null, 2), { mode: 0o600 });
  rmSync(files.last, { force: true });
  const command = codexBinary(options.bin || env['PANDACODE_CODEX_BIN'] || 'codex', env);
  const isMax = request.effort === 'max' && request.model !== null && (await supportsMax(command, request.model, variables));
  const args = codexArguments({
    workspace: request.workspace,
    model: request.model,
    effort: codexEffort(request.effort ?? 'xhigh', isMax),
    permission: request.permission,
    config,
    lastMessageFile: files.last,
    persist: options.persist,
    ...(request.resumeThread ? { resumeThread: request.resumeThread } : {}),
    ...(schema ? { schemaFile: files.schema } : {}),
  });
  if (options.maxTotalTokens !== undefined || options.maxCost !== undefined)
    context.note('codex reports tokens only at the end of a turn, so token and cost caps act between turns');

  const stream = new CodexStream(context, options.maxSteps);
  context.watchdog.childStarted();
  const exit = await runChild(
    {
      command,
      args,
      cwd: request.workspace,
      env: variables,
      input: request.prompt,
      onLine: (line) => {
        if (line) appendQuietly(files.raw, `${line}\n`);
        stream.push(line);
      },
      onErrorLine: (line) => stream.stderr(line),
      stderrFile: files.stderr,
    },
    context.control,
    context.family,
  );
  stream.close();
  context.watchdog.childEnded();
  for (const line of exit.leftovers) context.warn(line);
  const thread = stream.threadId ?? request.resumeThread;
  const rollout = thread === undefined ? null : rolloutFile(variables['CODEX_HOME'], thread);
  if (thread !== undefined && rollout) context.threadKnown(thread, rollout);
  return turnResult(stream, exit, request, context, { command: [command, ...args], last: readText(files.last), logs, isWrapped: schema?.isWrapped ?? false });
}

interface Call {
  command: string[];
  last: string;
  logs: string;
  isWrapped: boolean;
}

function turnResult(stream: CodexStream, exit: ChildExit, request: TurnRequest, context: TurnContext, call: Call): TurnResult {
  const own = exit.startError
    ? startFailure('codex', exit.startError)
    : codexFailure({ ...stream, exitCode: exit.code, signal: exit.signal, stderrTail: tail(exit.stderrTail, 1200) });
  // A turn that reached its end is kept, even when something asked it to stop in the same moment: it is paid for.
  const problem = own && (context.control.reason?.failure ?? own);
  const tokens = turnTokens(stream.tokens, request.baseline);
  const usage = codexUsage(tokens);
  const finalText = call.last.trim() ? call.last : stream.lastText;
  const stderrTail = tail(exit.stderrTail, 1200);
  const native = request.schema === undefined ? undefined : jsonIn(finalText, request.schema, call.isWrapped);
  return {
    ...(problem ? { failure: problem } : {}),
    threadId: stream.threadId ?? request.resumeThread ?? null,
    finalText,
    ...(native === undefined ? {} : { structured: native }),
    usage,
    rawUsage: usage && tokens ? { total_tokens: usage.total, tokenUsage: { total: { totalTokens: usage.total } }, ...tokens } : null,
    cost: unknownCost,
    model: request.model,
    baseline: { ...nextTokens(stream.tokens, request.baseline) },
    stderrTail,
    summary: { current_phase: 'execute', turn_id: null, log_path: call.logs, counts: stream.counts, cli_errors: stream.errors.slice(-10) },
    extra: {
      execute: {
        ok: !problem,
        runtime: 'codex',
        action: 'execute',
        session: request.session,
        command: call.command.map(masked),
        exit_code: exit.code,
        stdout_tail: tail(finalText, 1200),
        stderr_tail: stderrTail,
      },
    },
  };
}

function jsonIn(text: string, schema: JsonSchema, isWrapped: boolean): TurnResult['structured'] {
  try {
    const asGiven = unwrapped(JSON.parse(text), isWrapped);
    return { asGiven, value: withoutOptionalNulls(asGiven, schema) };
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
