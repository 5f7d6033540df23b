import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { canonicalJson } from '../../src/keys/canonical.ts';
import { executionsOf } from './executions.ts';

/** What a run asks for before its nodes start, and goes by from then on. */
export type PreparationName = 'prepareSchema' | 'loadWorkflow' | 'loadAgentDefinition';

/** A file that a run has read: with what it was asked for, and what was found. */
export interface KeptPreparation {
  name: PreparationName;
  request: unknown;
  answer: unknown;
}

const names: ReadonlySet<string> = new Set(['prepareSchema', 'loadWorkflow', 'loadAgentDefinition'] satisfies PreparationName[]);

/**
 * The schemas, scripts of `workflow()` and agent definitions that an open run has read, from its history: it goes on with them, whatever the
 * files hold now. Of a run that went on in a new execution, those of earlier ones as far as the server still has them.
 */
export async function readKeptPreparations(client: Client, runId: string): Promise<KeptPreparation[]> {
  const found: KeptPreparation[] = [];
  const last = await client.workflow.getHandle(runId).fetchHistory();
  for await (const history of executionsOf(client, runId, last)) found.unshift(...(await preparationsOf(client, history)));
  return found;
}

/** Hands out what an open run has read, when it is played to explain its resume: a request that came again gets its own answers, in their order. */
export class KeptPreparations {
  private readonly kept = new Map<string, unknown[]>();

  constructor(kept: readonly KeptPreparation[]) {
    for (const { name, request, answer } of kept) {
      const list = this.kept.get(nameOf(name, request));
      if (list) list.push(answer);
      else this.kept.set(nameOf(name, request), [answer]);
    }
  }

  /** The same preparation, which looks only for what the run has not read. */
  before<Request, Answer>(name: PreparationName, look: (request: Request) => Promise<Answer>): (request: Request) => Promise<Answer> {
    return async (request) => (this.kept.get(nameOf(name, request))?.shift() as Answer | undefined) ?? look(request);
  }
}

function nameOf(name: PreparationName, request: unknown): string {
  return `${name} ${canonicalJson(request)}`;
}

async function preparationsOf({ options }: Client, { events }: History): Promise<KeptPreparation[]> {
  const asked = new Map<string, { name: PreparationName; payload: Payload }>();
  const answered: { name: PreparationName; payloads: [Payload, Payload] }[] = [];
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const [request] = scheduled?.input?.payloads ?? [];
    const name = scheduled?.activityType?.name ?? '';
    if (request && names.has(name)) asked.set(String(event.eventId), { name: name as PreparationName, payload: request });
    const completed = event.activityTaskCompletedEventAttributes;
    const [answer] = completed?.result?.payloads ?? [];
    const of = completed && asked.get(String(completed.scheduledEventId));
    if (of && answer) answered.push({ name: of.name, payloads: [of.payload, answer] });
  }
  if (answered.length === 0) return [];
  const { decodeArrayFromPayloads, extstoreInboundOptions, visit, walkStartWorkflowExecutionRequest } =
    await import('@temporalio/common/lib/internal-non-workflow/index.js');
  const converter = options.loadedDataConverter;
  // Only whole messages can be resolved: this one has a list of payloads.
  const message = { input: { payloads: answered.flatMap(({ payloads }) => payloads) } };
  await visit(message, walkStartWorkflowExecutionRequest, extstoreInboundOptions(converter.externalStorage));
  const values = await decodeArrayFromPayloads(converter, message.input.payloads, undefined);
  return answered.map(({ name }, n) => ({ name, request: values[2 * n], answer: values[2 * n + 1] }));
}
