import type { Client } from '@temporalio/client';
import { blobDataConverter } from '../../../temporal/blobs/data-converter.ts';
import { serverName } from '../../../temporal/blobs/references.ts';
import { connectEngine } from '../../../temporal/connect.ts';
import { ensureEngine, type Engine } from '../../../temporal/engine/index.ts';
import { isNotFound } from '../../../temporal/run/not-found.ts';

/** The server, as far as removing runs needs it. */
export interface ServerCopies {
  engine: Engine;
  /** Name of the server, as BlobOwner has it. */
  name: string;
  /** Whether the server has a workflow of this id, and whether it is open. */
  look(runId: string): Promise<'open' | 'closed' | 'none'>;
  /** Ends an open run. */
  end(runId: string, reason: string): Promise<void>;
  /** Deletes every execution of the workflow, with its history. It may be seen for a moment longer. */
  remove(runId: string): Promise<void>;
  close(): Promise<void>;
}

/** Connects to the server that odw uses; it is started when it is odw's own and does not run. Throws when it cannot be reached. */
export async function openServer(): Promise<ServerCopies> {
  const engine = await ensureEngine();
  const { client, connection } = await connectEngine(engine, blobDataConverter());
  const ignoreUnknown = (error: unknown) => {
    if (!isNotFound(error)) throw error;
  };
  return {
    engine,
    name: serverName(engine),
    look: (runId) => look(client, runId),
    end: (runId, reason) =>
      client.workflow
        .getHandle(runId)
        .terminate(reason)
        .then(() => {}, ignoreUnknown),
    remove: async (runId) => {
      const executions = new Set<string | undefined>([undefined]);
      // A run that continued as new has several; a list of the server may lag behind, so the last one is named without it.
      for await (const one of client.workflow.list({ query: `WorkflowId = "${runId.replaceAll('"', '')}"` })) executions.add(one.runId);
      for (const execution of [...executions].reverse()) {
        await client.workflowService
          .deleteWorkflowExecution({
            namespace: client.options.namespace,
            workflowExecution: { workflowId: runId, ...(execution === undefined ? {} : { runId: execution }) },
          })
          .then(() => {}, ignoreUnknown);
      }
    },
    close: () => connection.close(),
  };
}

async function look(client: Client, runId: string): Promise<'open' | 'closed' | 'none'> {
  try {
    return (await client.workflow.getHandle(runId).describe()).status.name === 'RUNNING' ? 'open' : 'closed';
  } catch (error) {
    if (isNotFound(error)) return 'none';
    throw error;
  }
}
