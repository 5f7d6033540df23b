/** What one launch of the dev server needs to know. */
export interface LaunchSettings {
  database: string;
  port: number;
  uiPort: number;
}

/** The namespace the dev server always creates, and that odw uses. */
export const managedNamespace = 'default';

/** Where the managed server listens: this machine only. */
export const loopback = '127.0.0.1';

// The server dispatches 20 tasks a second per queue processor unless the first two are raised, and rounds every timer up to a second
// without the third. Every run has a task queue of its own, and each queue costs memory per partition, of which one process needs one only:
// 1.2 MB a run instead of 2.3 until the queue is unloaded, at the same speed. What reaches a run while a worker has a task of it in hand is kept
// back; past 100 events or 2 MiB of them the server fails that task, and the worker has to play the whole run again: 64 nodes that end while
// large prompts are made are 128 events. A node handed to the worker with the answer that asked for it saves a way through the queue: 40 % of the
// server's work at 1,000 nodes. WAL with synchronous FULL: as fast as it gets while a power loss still loses nothing that was acknowledged.
const dynamicConfig = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="10ms"',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'system.enableActivityEagerExecution=true',
  'history.maximumBufferedEventsBatch=10000',
  'history.maximumBufferedEventsSizeInBytes=67108864',
];
const pragmas = ['journal_mode=WAL', 'synchronous=FULL'];

/** Arguments of the Temporal CLI that start the managed server. */
export function serverArguments(settings: LaunchSettings): string[] {
  return [
    'server',
    'start-dev',
    ...['--ip', loopback, '--port', String(settings.port), '--ui-port', String(settings.uiPort)],
    ...['--db-filename', settings.database],
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...dynamicConfig.flatMap((entry) => ['--dynamic-config-value', entry]),
    ...['--ui-disable-news-fetch', '--log-level', 'warn', '--color', 'never'],
    // The user's own CLI profiles are about clients; a server must not depend on them.
    ...['--disable-config-file', '--disable-config-env'],
  ];
}

const kept = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TMP',
  'TEMP',
  'TZ',
  'LANG',
  'LC_ALL',
  'SystemRoot',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'GOMAXPROCS',
  'GOMEMLIMIT',
];

/** The server's environment: it outlives its starter by days, so it gets none of the caller's keys and settings. */
export function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
