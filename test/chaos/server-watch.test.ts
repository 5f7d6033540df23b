import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { identify } from '../../system/process-table.ts';
import { writeServerRecord } from '../../temporal/engine/server/record.ts';
import { watchServer } from '../../temporal/run/server-watch.ts';

let dir: string;
let path: string;
let started: ChildProcess[];
let end: () => void;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'odw-server-watch-'));
  path = join(dir, 'server.json');
  started = [];
});
afterEach(() => {
  end();
  for (const child of started) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A process that stands for a server, and its record. */
function serve(): ChildProcess {
  const child = spawn('sleep', ['600']);
  started.push(child);
  const { start } = identify(child.pid as number) as { start: string };
  writeServerRecord(path, {
    ...{ version: 1, host: hostname(), pid: child.pid as number, start, port: 1, uiPort: 2, namespace: 'default', binary: 'sleep' },
    ...{ cliVersion: '1', serverVersion: '1', startedMs: 0, ready: true, searchAttributes: true, warning: null },
  });
  return child;
}

function watch() {
  const told = { gone: vi.fn(), replaced: vi.fn() };
  end = watchServer(path, told);
  return told;
}

const soon = { timeout: 20_000 };

describe('RES-13 the watch over the process of the server', { timeout: 60_000 }, () => {
  it('tells that it is gone, and that another one serves', async () => {
    const first = serve();
    const { gone, replaced } = watch();
    first.kill('SIGKILL');
    await vi.waitFor(() => expect(gone).toHaveBeenCalled(), soon);
    expect(replaced).not.toHaveBeenCalled();
    serve();
    await vi.waitFor(() => expect(replaced).toHaveBeenCalledOnce(), soon);
  });

  it('tells of one that somebody else replaced before it was missed', async () => {
    serve();
    const { gone, replaced } = watch();
    serve();
    await vi.waitFor(() => expect(replaced).toHaveBeenCalledOnce(), soon);
    expect(gone).not.toHaveBeenCalled();
  });

  describe('look by look', () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
    afterEach(() => {
      vi.useRealTimers();
      Object.defineProperty(process, 'platform', platform);
    });

    it('is not told of a server that could not be read once', () => {
      Object.defineProperty(process, 'platform', { ...platform, value: 'linux' });
      serve();
      const record = readFileSync(path);
      const { gone, replaced } = watch();
      for (let round = 0; round < 3; round++) {
        writeFileSync(path, '{"version":');
        vi.advanceTimersByTime(250);
        writeFileSync(path, record);
        vi.advanceTimersByTime(250);
      }
      expect([gone.mock.calls.length, replaced.mock.calls.length]).toEqual([0, 0]);
      writeFileSync(path, '{"version":');
      vi.advanceTimersByTime(500);
      expect(gone).toHaveBeenCalledOnce();
      // Told again for as long as there is none.
      vi.advanceTimersByTime(2000);
      expect(gone).toHaveBeenCalledTimes(2);
    });

    it('looks seldom where a look costs a process', () => {
      Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
      serve();
      const { replaced } = watch();
      serve();
      vi.advanceTimersByTime(1999);
      expect(replaced).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(replaced).toHaveBeenCalledOnce();
    });
  });
});
