import { type Command, InvalidArgumentError } from 'commander';
import type { EngineOptions, ServerStatus } from '../../temporal/engine/index.ts';
import { OdwError } from '../../src/errors/error.ts';
import { printEngineProgress } from '../engine-progress.ts';
import { printJson, printText } from '../print.ts';

/** Adds `odw server start|stop|status|logs|install`: the Temporal server that odw manages. Each takes `--json`. */
export function registerServer(program: Command): void {
  const server = program.command('server').description('the Temporal server odw runs on: start, stop, look at it');

  server
    .command('start')
    .description('start the managed server, or say that it runs; installs it first when needed')
    .option('--port <port>', 'wished port of the server; a busy one is replaced', wholeNumber)
    .option('--take-over', 'start although the last server was started on another host (only when that host is gone)')
    .option('--json', 'print one JSON object')
    .action(async (options: { port?: number; takeOver?: boolean; json?: boolean }) => {
      await refuseExternal();
      const { startServer } = await import('../../temporal/engine/index.ts');
      const { port, takeOver } = options;
      const result = await withProgress((progress) => startServer({ ...progress, ...(port === undefined ? {} : { port }), ...(takeOver ? { takeOver } : {}) }));
      await printStatus(options.json, { started: result.started }, result.started ? 'started' : 'already running');
    });

  server
    .command('stop')
    .description('stop the managed server; open runs stay in its database and go on when it starts again')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { stopServer } = await import('../../temporal/engine/index.ts');
      const outcome = await withProgress((progress) => stopServer(progress));
      print(options.json, outcome, outcome.stopped ? `stopped (process ${outcome.pid})` : 'not running');
    });

  server
    .command('status')
    .description('show the engine: address, Web UI, version, database; exit 1 when it does not answer')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const status = await printStatus(options.json);
      if (!status.healthy) process.exitCode = 1;
    });

  server
    .command('logs')
    .description("print the end of the managed server's log")
    .option('-n, --lines <count>', 'how many lines', wholeNumber, 50)
    .option('--json', 'print one JSON object')
    .action(async (options: { lines: number; json?: boolean }) => {
      const { serverLogs } = await import('../../temporal/engine/index.ts');
      const logs = serverLogs({ lines: options.lines });
      print(options.json, logs, logs.lines.length > 0 ? logs.lines.join('\n') : `no lines in ${logs.path}`);
    });

  server
    .command('install')
    .description('find, download or build the server program without starting it')
    .option('--force', 'install the pinned version into ODW_HOME/bin even when another one would do')
    .option('--json', 'print one JSON object')
    .action(async (options: { force?: boolean; json?: boolean }) => {
      const { installServer } = await import('../../temporal/engine/index.ts');
      const binary = await withProgress((progress) => installServer({ ...progress, force: options.force === true }));
      const { cli, server: inside } = binary.version;
      print(
        options.json,
        { path: binary.path, origin: binary.origin, cliVersion: cli, serverVersion: inside },
        `${binary.path} (Temporal CLI ${cli}, server ${inside}, from ${binary.origin})`,
      );
    });
}

// Starting a local server that nothing would use helps nobody.
async function refuseExternal(): Promise<void> {
  const { findEngine } = await import('../../temporal/engine/index.ts');
  const engine = await findEngine();
  if (!engine || engine.managed) return;
  throw new OdwError('engine-not-managed', `odw is configured to use the Temporal cluster at ${engine.address}, so it does not start a server of its own`, {
    fields: { address: engine.address },
  });
}

async function withProgress<T>(work: (options: EngineOptions) => Promise<T>): Promise<T> {
  const printer = printEngineProgress();
  try {
    return await work({ onProgress: printer.onProgress });
  } finally {
    printer.end();
  }
}

async function printStatus(json: boolean | undefined, more: Record<string, unknown> = {}, title?: string): Promise<ServerStatus> {
  const { serverStatus } = await import('../../temporal/engine/index.ts');
  const status = await serverStatus();
  print(json, { ...more, ...status }, statusText(status, title));
  return status;
}

/** The status for people: one fact a line, unknown ones left out. */
export function statusText(status: ServerStatus, title?: string): string {
  const state = title ?? (status.healthy ? 'running' : status.running ? 'running, but it does not answer' : 'not running');
  const facts: [string, string | null][] = [
    ['engine', `${status.managed ? 'managed server' : 'external cluster'}, ${state}`],
    ['address', status.address && `${status.address} (namespace ${status.namespace})`],
    ['web ui', status.uiUrl],
    ['process', status.pid === null ? null : String(status.pid)],
    ['since', status.startedMs === null ? null : new Date(status.startedMs).toISOString()],
    ['program', status.binary],
    ['version', status.serverVersion && `server ${status.serverVersion}, CLI ${status.cliVersion}`],
    [
      'database',
      status.database &&
        (status.databaseBytes === null ? `${status.database} (none yet)` : `${status.database} (${(status.databaseBytes / 1e6).toFixed(1)} MB)`),
    ],
    ['log', status.log],
    ['warning', status.warning],
  ];
  return facts.flatMap(([name, value]) => (value ? [`${name.padEnd(9)}${value}`] : [])).join('\n');
}

function print(json: boolean | undefined, value: object, text: string): void {
  if (json) printJson(JSON.stringify(value));
  else printText(`${text}\n`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0) throw new InvalidArgumentError('expected a whole number of 1 or more.');
  return value;
}
