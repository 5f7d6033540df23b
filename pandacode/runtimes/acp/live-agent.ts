import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROTOCOL_VERSION, RequestError, type ClientContext, type InitializeResponse } from '@agentclientprotocol/sdk/unstable';
import { childEnvironment } from '../../env/child-environment.ts';
import type { Failure } from '../../errors/failure.ts';
import { failure, failureOf } from '../../errors/failure.ts';
import { appendQuietly } from '../../events/append-quietly.ts';
import { runChild, type ChildExit } from '../../process/run-child.ts';
import { isOdwError } from '../../../src/errors/error.ts';
import { version } from '../../version.ts';
import type { PendingUserInput, TurnContext, TurnRequest } from '../runtime.ts';
import type { AcpAgent } from './agents.ts';
import { chooseOptions, type SessionChoices } from './choose-options.ts';
import { clientSide } from './client.ts';
import { jsonLines } from './json-lines.ts';
import { errorFailure, exitFailure } from './outcome.ts';
import { Terminals } from './terminals.ts';
import type { AcpUpdates } from './updates.ts';

const setupLimitMs = 120_000;
const farewellMs = 2000;
const mostRefusals = 20;

export interface AgentFiles {
  stderr: string;
  raw: string;
}

/** A failure of the agent on the way, with what it stands for. */
export class AgentFailure extends Error {
  readonly failure: Failure;

  constructor(what: Failure) {
    super(what.message);
    this.failure = what;
  }
}

/** A running agent with its session. It lives as long as the run, so that a repair turn goes on where the last one ended. */
export class LiveAgent {
  readonly agent: AcpAgent;
  sessionId: string | null = null;
  info: InitializeResponse['agentInfo'];
  model: string | null = null;
  question: PendingUserInput | undefined;
  /** The turn that listens. */
  updates: AcpUpdates | undefined;
  readonly exited: Promise<ChildExit>;
  private exit: ChildExit | undefined;
  private readonly connection: { agent: ClientContext; close(error?: unknown): void };
  private readonly context: TurnContext;
  private readonly stdin: Promise<Writable>;
  /** What was refused to the agent last. */
  refusal: string | undefined;
  private refusals = 0;
  private capabilities: InitializeResponse['agentCapabilities'];

  /** Starts the agent's program. */
  constructor(agent: AcpAgent, request: TurnRequest, context: TurnContext, variables: Record<string, string>, files: AgentFiles) {
    this.agent = agent;
    this.context = context;
    const { promise: stdin, resolve: opened } = withResolvers<Writable>();
    this.stdin = stdin;
    const lines = jsonLines(
      stdin,
      (line) => {
        context.watchdog.touch();
        if (!line.includes('_chunk"') && line.length < 65_536) appendQuietly(files.raw, `${line}\n`);
      },
      (what) => context.warn(`${agent.name} printed ${what}`),
    );
    const [command, ...args] = (request.permission === 'limited' ? agent.limitedCommand : undefined) ?? agent.command;
    this.exited = runChild(
      {
        command: command!,
        args,
        cwd: request.workspace,
        env: variables,
        input: opened,
        onLine: (line) => lines.push(line),
        stderrFile: files.stderr,
        // Agents have helpers of their own, which see a moment later that it is over.
        leftoverPatienceMs: 500,
      },
      context.control,
      context.family,
    ).then((exit) => {
      this.exit = exit;
      lines.end();
      return exit;
    });
    const changed = (path: string) => {
      context.fileChanged(path);
      context.events.emit('file.changed', { path });
    };
    this.connection = clientSide({
      permission: request.permission,
      workspace: request.workspace,
      stateDir: request.stateDir,
      // Commands get the allow-list alone: no key of a provider.
      terminals: new Terminals(childEnvironment(request.env), context.family),
      updates: () => this.updates,
      ask: (question) => this.ask(question),
      refused: (what) => {
        this.refusal = what;
        if (++this.refusals <= mostRefusals) context.warn(`refused to ${agent.name}: ${what}`);
      },
      fileChanged: changed,
    }).connect(lines.stream);
  }

  /** Greets the agent and opens a session, a new one or the one to continue. */
  async open(request: TurnRequest): Promise<void> {
    const limit = sleep(setupLimitMs, undefined, { ref: false }).then(() => {
      throw new AgentFailure(failure('internal', `${this.agent.name} was not ready within ${setupLimitMs} ms`, { retryable: true }));
    });
    limit.catch(() => undefined);
    await Promise.race([this.setUp(request), limit]);
  }

  private async setUp(request: TurnRequest): Promise<void> {
    const isMax = request.permission === 'max';
    const greeting = await this.call('initialize', () =>
      this.connection.agent.request('initialize', {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: isMax, elicitation: { form: {} } },
        clientInfo: { name: 'pandacode', version },
      }),
    );
    if (greeting.protocolVersion !== PROTOCOL_VERSION)
      throw new AgentFailure(
        failure('invalid_request', `${this.agent.name} speaks version ${greeting.protocolVersion} of the protocol, not ${PROTOCOL_VERSION}`),
      );
    this.capabilities = greeting.agentCapabilities;
    this.info = greeting.agentInfo;
    const choices = await this.session(request).catch(async (error: unknown) => {
      if (!(error instanceof AgentFailure) || error.failure.category !== 'auth' || !(await this.login(request))) throw error;
      return this.session(request);
    });
    this.context.threadKnown(this.sessionId!);
    this.context.events.emit('session.started', { thread_id: this.sessionId, agent: this.agent.name });
    this.model = await this.call('the choice of its options', () =>
      chooseOptions(this.connection.agent, this.sessionId!, this.agent, choices, { ...request, model: wantedModel(request) }, this.context.warn),
    );
  }

  private async session({ workspace: cwd, resumeThread: sessionId }: TurnRequest): Promise<SessionChoices> {
    const { agent } = this.connection;
    if (sessionId === undefined) {
      const fresh = await this.call('session/new', () => agent.request('session/new', { cwd, mcpServers: [] }));
      this.sessionId = fresh.sessionId;
      return fresh;
    }
    const known = { sessionId, cwd, mcpServers: [] };
    this.sessionId = sessionId;
    if (this.capabilities?.sessionCapabilities?.resume) return this.call('session/resume', () => agent.request('session/resume', known));
    // The old conversation is played back as updates, which nobody listens to yet.
    if (this.capabilities?.loadSession) return (await this.call('session/load', () => agent.request('session/load', known))) ?? {};
    throw new AgentFailure(failure('invalid_request', `${this.agent.name} cannot continue a conversation`, { next_action: 'Start a new one with exec.' }));
  }

  private async login(request: TurnRequest): Promise<boolean> {
    const { login } = this.agent;
    if (!login?.variables.some((name) => request.env[name])) return false;
    await this.call('authenticate', () => this.connection.agent.request('authenticate', { methodId: login.method }));
    return true;
  }

  /** Sends a prompt and waits for the end of the turn. */
  prompt(text: string) {
    const sessionId = this.sessionId!;
    return this.call('session/prompt', () => this.connection.agent.request('session/prompt', { sessionId, prompt: [{ type: 'text', text }] }));
  }

  /** Asks the agent to end its turn; it then answers the prompt. */
  cancel(): void {
    if (this.sessionId && !this.exit) void this.connection.agent.notify('session/cancel', { sessionId: this.sessionId }).catch(() => undefined);
  }

  /** Lets the agent go: its input ends, and what is left two seconds later is ended with all descendants. */
  async close(): Promise<void> {
    if (!this.exit) {
      const stdin = await Promise.race([this.stdin, this.exited]);
      if ('end' in stdin) stdin.end();
      await Promise.race([this.exited, sleep(farewellMs)]);
      if (!this.exit) await this.context.family.end(1000);
    }
    const exit = await this.exited;
    for (const line of exit.leftovers) this.context.warn(line);
    this.connection.close();
  }

  private ask(question: PendingUserInput): void {
    this.question ??= question;
    this.cancel();
  }

  // A request of which the answer does not come because the agent is gone fails with the reason of that end.
  private async call<T>(during: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (isOdwError(error)) throw new AgentFailure(failureOf(error));
      if (!(error instanceof RequestError)) {
        const exit = await Promise.race([this.exited, sleep(farewellMs)]);
        if (exit) throw new AgentFailure(exitFailure(exit, during, this.agent));
      }
      throw new AgentFailure(errorFailure(error, during, this.agent.name));
    }
  }
}

// A session keeps the model that answered. Agents do not always offer it under that name, so the one that was chosen is kept beside it.
function wantedModel({ model, resumeThread, artifacts }: TurnRequest): string | null {
  if (resumeThread === undefined || artifacts['answered_model'] !== model) return model;
  return typeof artifacts['chosen_model'] === 'string' ? artifacts['chosen_model'] : null;
}

function withResolvers<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
