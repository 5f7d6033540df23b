import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { barLine, printEngineProgress } from '../../cli/engine-progress.ts';
import { statusText } from '../../cli/commands/server.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const collect = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, stream: { isTTY, columns: 100, write: (text: string) => written.push(text) } };
};

describe('barLine', () => {
  it('shows message, bar, counts and time', () => {
    expect(barLine({ phase: 'build', message: 'building', done: 500, total: 1000 }, 65_000, 100)).toBe(
      'building [##########----------] 500/1000 packages 1m05s',
    );
    expect(barLine({ phase: 'modules', message: 'loading', done: 7 }, 900, 100)).toBe('loading 7 modules 0s');
    expect(barLine({ phase: 'download', message: 'downloading', done: 5_000_000, total: 50_000_000 }, 2000, 100)).toContain('5.0/50.0 MB 2s');
  });
  it('cuts the message to the width, by characters', () => {
    const line = barLine({ phase: 'build', message: '🙂'.repeat(100), done: 1, total: 2 }, 0, 80);
    expect([...line].length).toBeLessThan(80);
    expect(line).toContain('…');
    expect(Buffer.from(line).toString()).toBe(line);
  });
});

describe('printEngineProgress', () => {
  it('prints a line per step and one every five seconds when there is no terminal', () => {
    const { written, stream } = collect(false);
    const printer = printEngineProgress(stream);
    printer.onProgress({ phase: 'build', message: 'building', done: 0, total: 10 });
    for (let done = 1; done <= 10; done++) {
      vi.advanceTimersByTime(1000);
      printer.onProgress({ phase: 'build', message: 'building', done, total: 10 });
    }
    printer.onProgress({ phase: 'start', message: 'starting' });
    printer.end();
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual([
      'odw: building (0/10 packages)\n',
      'odw: building (4/10 packages, 5s)\n',
      'odw: building (9/10 packages, 10s)\n',
      'odw: starting (10s)\n',
    ]);
  });

  it('goes on saying that a silent step lasts', () => {
    const { written, stream } = collect(false);
    const printer = printEngineProgress(stream);
    printer.onProgress({ phase: 'build', message: 'linking' });
    vi.advanceTimersByTime(11_000);
    printer.end();
    expect(written).toEqual(['odw: linking\n', 'odw: linking (5s)\n', 'odw: linking (10s)\n']);
  });

  it('shows the whole message on a terminal that does not know its size', () => {
    const written: string[] = [];
    const printer = printEngineProgress({ isTTY: true, columns: 0, write: (text: string) => written.push(text) });
    printer.onProgress({ phase: 'build', message: 'building from source', done: 1, total: 2 });
    printer.end();
    expect(written.join('')).toContain('building from source [##########----------] 1/2 packages');
  });

  it('redraws one line on a terminal and clears it at the end', () => {
    const { written, stream } = collect(true);
    const printer = printEngineProgress(stream);
    printer.onProgress({ phase: 'build', message: 'building', done: 1, total: 2 });
    vi.advanceTimersByTime(1000);
    printer.end();
    expect(written.join('')).not.toContain('\n');
    expect(written.filter((text) => text.includes('building')).length).toBeGreaterThanOrEqual(3);
    expect(written.at(-1)).toBe('\r\u001b[2K');
    const count = written.length;
    vi.advanceTimersByTime(5000);
    expect(written).toHaveLength(count);
  });

  it('writes nothing when nothing happens', () => {
    const { written, stream } = collect(true);
    const printer = printEngineProgress(stream);
    vi.advanceTimersByTime(5000);
    printer.end();
    expect(written).toEqual([]);
  });
});

describe('statusText', () => {
  const off = {
    ...{ managed: true, running: false, healthy: false, address: null, namespace: null, uiUrl: null, pid: null, host: null, startedMs: null, binary: null },
    ...{ cliVersion: null, serverVersion: null, home: '/h', database: '/h/server/temporal.db', databaseBytes: null, log: '/h/server/temporal.log' },
    ...{ searchAttributes: null, warning: null },
  };
  it('leaves out what is not known', () => {
    expect(statusText(off)).toBe('engine   managed server, not running\ndatabase /h/server/temporal.db (none yet)\nlog      /h/server/temporal.log');
  });
  it('tells a silent server from a running one', () => {
    expect(statusText({ ...off, running: true, pid: 7, address: '127.0.0.1:7233', namespace: 'default' })).toContain('running, but it does not answer');
    expect(statusText({ ...off, running: true, healthy: true })).toContain('managed server, running\n');
  });
});
