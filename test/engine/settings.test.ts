import { describe, expect, it } from 'vitest';
import { serverArguments, serverEnvironment } from '../../temporal/engine/server/settings.ts';

const args = serverArguments({ database: '/x/temporal.db', port: 7777, uiPort: 8777 });
const valuesOf = (flag: string) => args.flatMap((arg, index) => (arg === flag ? [args[index + 1]] : []));

describe('serverArguments', () => {
  it('listens on loopback only, with the Web UI on', () => {
    expect(valuesOf('--ip')).toEqual(['127.0.0.1']);
    expect(valuesOf('--port')).toEqual(['7777']);
    expect(valuesOf('--ui-port')).toEqual(['8777']);
    expect(args).not.toContain('--headless');
    expect(args).not.toContain('--ui-ip');
  });
  it('keeps data in SQLite with WAL and full synchronisation', () => {
    expect(valuesOf('--db-filename')).toEqual(['/x/temporal.db']);
    expect(valuesOf('--sqlite-pragma')).toEqual(['journal_mode=WAL', 'synchronous=FULL']);
  });
  it('raises both poll rates, lets timers be exact, keeps task queues small, hands nodes over with the answer that asked for them, and keeps many events back while a task runs; every value is JSON', () => {
    const config = Object.fromEntries(valuesOf('--dynamic-config-value').map((entry) => [entry?.split('=')[0], JSON.parse(entry?.split('=')[1] ?? '')]));
    expect(config).toEqual({
      'history.transferProcessorMaxPollRPS': 2000,
      'history.timerProcessorMaxPollRPS': 2000,
      'history.timerProcessorMaxTimeShift': '10ms',
      'matching.numTaskqueueReadPartitions': 1,
      'matching.numTaskqueueWritePartitions': 1,
      'system.enableActivityEagerExecution': true,
      'history.maximumBufferedEventsBatch': 10000,
      'history.maximumBufferedEventsSizeInBytes': 64 * 1024 * 1024,
    });
  });
});

describe('serverEnvironment', () => {
  it('passes no keys, no TEMPORAL_ variables and nothing unset', () => {
    const env = serverEnvironment({ PATH: '/bin', HOME: '/h', ANTHROPIC_API_KEY: 'secret', TEMPORAL_ADDRESS: 'x:1', NODE_OPTIONS: '--inspect' });
    expect(env).toEqual({ PATH: '/bin', HOME: '/h' });
  });
});
