import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunInput } from '../../schemas/run-input.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { defaultConcurrency } from '../../src/concurrency.ts';
import type { KeptRun } from '../../temporal/run/keeper.ts';
import { sharedQueue } from '../../temporal/service/queue.ts';
import { ServerMoved } from '../../temporal/run/server-moved.ts';
import { serveRuns } from '../../temporal/service/serve.ts';
import { workerIdentity } from '../../temporal/worker/identity.ts';
import { engineClient, type EngineClient } from '../engine-client.ts';
import { catchSignals } from '../exec/signals.ts';
import { writeReport } from '../write-report.ts';
import { printJson, printText } from '../print.ts';

export interface StartFlags {
  slots?: number;
  json?: boolean;
}

/** `odw worker start`: serves the shared queue until the first SIGINT or SIGTERM. */
export async function start(flags: StartFlags): Promise<void> {
  const say = sayer(flags.json ?? false);
  const slots = flags.slots ?? defaultConcurrency({ backend: 'pandacode', cpus: cpus().length, totalMemoryBytes: totalmem() });
  let place = await engineClient();
  const signals = catchSignals((signal) =>
    say('leaving', { signal }, `${signal}: taking no more work; what is open goes on with the next worker. Once more ends at once`),
  );
  try {
    while (!(await serve(place, signals.leave, slots, say))) {
      // What is still under way on it keeps it open, and ends with the process.
      await place.connection.close().catch(() => {});
      place = await connectAgain(signals.leave);
    }
  } finally {
    signals.dispose();
  }
  say('left', {}, 'left the queue');
}

// The server may go away once more while it is looked for.
async function connectAgain(leave: AbortSignal): Promise<EngineClient> {
  for (;;) {
    try {
      return await engineClient();
    } catch (error) {
      if (leave.aborted || !isOdwError(error) || error.slug !== 'engine-unreachable') throw error;
    }
    await sleep(1000, undefined, { signal: leave }).catch(() => {});
  }
}

/** Serves on one connection. Returns false when the server moved: it must be served on another. */
async function serve(
  { engine, connection, client, dataConverter }: EngineClient,
  leave: AbortSignal,
  slots: number,
  say: ReturnType<typeof sayer>,
): Promise<boolean> {
  if (engine.warning) say('notice', { message: engine.warning }, engine.warning);
  try {
    await serveRuns({
      engine,
      connection,
      client,
      dataConverter,
      slots,
      leave,
      onServing() {
        say(
          'serving',
          { queue: sharedQueue, slots, address: engine.address, namespace: engine.namespace, identity: workerIdentity() },
          `serving queue ${sharedQueue} of ${engine.address} with ${slots} slots; Ctrl-C ends it`,
        );
      },
      onNotice: (message) => say('notice', { message }, message),
      onTaken: (input) => say('run_taken', { run_id: input.runId, run_dir: input.runDir }, `run ${input.runId}: ${input.script.meta.name} in ${input.root}`),
      onEnded: async (input, end) => {
        await report(input, (message) => say('notice', { message }, message));
        say('run_ended', { run_id: input.runId, run_dir: input.runDir, status: end.closing.status, census: end.census }, endText(input, end));
      },
    });
    return true;
  } catch (error) {
    if (!(error instanceof ServerMoved)) throw error;
    say('notice', { message: error.message }, error.message);
    return leave.aborted;
  }
}

// A run without a report is still a run; `odw report` tries again.
async function report({ runId, runDir }: RunInput, notice: (line: string) => void): Promise<void> {
  await writeReport(runDir).catch((error: unknown) => notice(`run ${runId}: no report was written: ${(error as Error).message}`));
}

function endText({ runId }: RunInput, { closing }: KeptRun): string {
  return `run ${runId}: ${closing.status}${closing.error ? `: ${closing.error.message.split('\n')[0]}` : ''}`;
}

function sayer(json: boolean): (event: string, fields: Record<string, unknown>, text: string) => void {
  return (event, fields, text) => {
    const ts = new Date().toISOString();
    if (json) printJson(JSON.stringify({ event, ts, ...fields }));
    else printText(`[odw] ${ts} ${text}\n`);
  };
}
