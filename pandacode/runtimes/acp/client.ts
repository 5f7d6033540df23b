import { client, RequestError, type ClientApp, type CreateElicitationRequest, type SessionUpdate } from '@agentclientprotocol/sdk/unstable';
import type { PendingUserInput } from '../runtime.ts';
import { refusedCommand } from '../bamboo/safety/check-command.ts';
import { agentPath } from './agent-path.ts';
import { askingTool, permissionVerdict } from './permission.ts';
import { type Terminals } from './terminals.ts';
import { readTextFile, writeTextFile } from './text-files.ts';
import type { AcpUpdates } from './updates.ts';

/** What the agent's requests are answered from. */
export interface ClientSide {
  permission: 'max' | 'limited';
  workspace: string;
  stateDir: string;
  terminals: Terminals;
  /** The turn that runs; undefined while an old conversation is played back. */
  updates(): AcpUpdates | undefined;
  /** The agent asks a person. */
  ask(question: PendingUserInput): void;
  refused(what: string): void;
  fileChanged(path: string): void;
}

/** Our side of the protocol: the agent's updates, its permission requests, and the files and commands that it has us handle. */
export function clientSide(side: ClientSide): ClientApp {
  const refuse = (what: string): never => {
    side.refused(what);
    throw RequestError.invalidParams({ details: what });
  };
  const allowed = (path: string, use: 'read' | 'write'): string => {
    const answer = agentPath(path, side, use);
    return 'path' in answer ? answer.path : refuse(answer.refused);
  };
  const checkCommand = (line: string) => {
    if (side.permission === 'limited') refuse(`the command ${line} is not permitted`);
    const why = refusedCommand(line, side, side.permission);
    if (why !== undefined) refuse(`${line}: ${why}`);
  };
  return (
    client({ name: 'pandacode' })
      // Read without a check of their form: an update that we do not know must not end a paid turn.
      .onNotification(
        'session/update',
        (params) => (params as { update?: SessionUpdate } | undefined)?.update,
        ({ params: update }) => {
          if (update && typeof update === 'object') side.updates()?.push(update);
        },
      )
      .onRequest('session/request_permission', ({ params }) => {
        const { toolCall, options } = params;
        const verdict = permissionVerdict(options, askingTool(toolCall, side.updates()?.tools.get(toolCall.toolCallId)), side);
        if (verdict.kind === 'question') {
          side.ask({ kind: 'choice', question: toolCall.title ?? 'The agent wants a decision.', options: options.map((option) => option.name) });
          return { outcome: { outcome: 'cancelled' } };
        }
        if (verdict.kind === 'refused') side.refused(toolCall.title ?? toolCall.toolCallId);
        return verdict.optionId === undefined ? { outcome: { outcome: 'cancelled' } } : { outcome: { outcome: 'selected', optionId: verdict.optionId } };
      })
      .onRequest('elicitation/create', ({ params }) => {
        side.ask(questionOf(params));
        return { action: 'cancel' };
      })
      .onRequest('fs/read_text_file', ({ params }) => ({ content: readTextFile(allowed(params.path, 'read'), side, params.line, params.limit) }))
      .onRequest('fs/write_text_file', ({ params }) => {
        const path = allowed(params.path, 'write');
        writeTextFile(path, params.content, side);
        side.fileChanged(path);
        return {};
      })
      .onRequest('terminal/create', ({ params }) => {
        checkCommand([params.command, ...(params.args ?? [])].join(' '));
        return { terminalId: side.terminals.create(params, allowed(params.cwd ?? side.workspace, 'read')) };
      })
      .onRequest('terminal/output', ({ params }) => side.terminals.output(params.terminalId))
      .onRequest('terminal/wait_for_exit', ({ params }) => side.terminals.waitForExit(params.terminalId))
      .onRequest('terminal/kill', async ({ params }) => {
        await side.terminals.kill(params.terminalId);
        return {};
      })
      .onRequest('terminal/release', async ({ params }) => {
        await side.terminals.release(params.terminalId);
        return {};
      })
  );
}

/** A form or a page that the agent wants filled in, as a question. */
function questionOf(request: CreateElicitationRequest): PendingUserInput {
  const { message } = request;
  const url = 'url' in request && typeof request.url === 'string' ? request.url : undefined;
  if (url) return { kind: 'page', question: message, context: url };
  const schema = ('requestedSchema' in request ? request.requestedSchema : undefined) as { properties?: Record<string, FormField> } | undefined;
  const fields = Object.entries(schema?.properties ?? {});
  const options = fields.map(([, field]) => choices(field)).find((list) => list.length > 0);
  const described = fields.map(([name, field]) => `${field.title ?? name}${field.description ? `: ${field.description}` : ''}`).join('\n');
  return { kind: 'form', question: message, ...(described ? { context: described } : {}), ...(options ? { options } : {}) };
}

interface FormField {
  title?: string;
  description?: string;
  enum?: unknown[];
  oneOf?: { const?: unknown; title?: string }[];
  items?: FormField & { anyOf?: FormField['oneOf'] };
}

function choices(field: FormField): string[] {
  const named = (field.oneOf ?? field.items?.anyOf ?? field.items?.oneOf)?.map((one) => one.title ?? String(one.const));
  return named ?? (field.enum ?? field.items?.enum)?.map(String) ?? [];
}
