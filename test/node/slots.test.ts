import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accountOf } from '../../activities/provider-cap/account.ts';
import { readCaps } from '../../activities/provider-cap/caps-file.ts';
import { readPriority } from '../../activities/provider-cap/run-priority.ts';
import { readSlots, slotFile } from '../../activities/provider-cap/slot-file.ts';
import { takeSlot, type SlotRequest } from '../../activities/provider-cap/take-slot.ts';
import { identify } from '../../system/process-table.ts';
import { hostname } from 'node:os';

let home: string;
let aborts: AbortController[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'odw-slots-'));
  aborts = [];
});
afterEach(() => {
  for (const abort of aborts) abort.abort();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const path = () => slotFile(home, 'claude');
const caps = (value: unknown) => writeFileSync(join(home, 'providers.json'), JSON.stringify(value));

function request(id: string, more: Partial<SlotRequest> = {}): SlotRequest & { abort: () => void } {
  const abort = new AbortController();
  aborts.push(abort);
  return {
    home,
    provider: 'claude',
    env: {},
    id,
    run: 'r',
    dir: join(home, 'nodes', id),
    running: false,
    signal: abort.signal,
    abort: () => abort.abort(),
    ...more,
  };
}

/** Whether a promise is still open after a while in which it was looked at several times. */
async function waits(promise: Promise<unknown>, id: string): Promise<boolean> {
  let over = false;
  void promise.then(() => (over = true));
  await vi.waitFor(() => expect(readSlots(path()).waiting.map((entry) => entry.id)).toContain(id), 5000);
  await new Promise((resolve) => setTimeout(resolve, 600));
  return !over;
}

describe('a slot', () => {
  it('RATE-01 is there at once without a cap, and gone after its release', async () => {
    const slot = await takeSlot(request('a'));
    expect(slot).toMatchObject({ account: 'default', granted: true });
    expect(readSlots(path()).holders).toMatchObject([{ id: 'a', run: 'r', owner: { pid: process.pid } }]);
    await slot?.release({ kind: 'served' });
    expect(readSlots(path()).holders).toEqual([]);
    expect(existsSync(`${path()}.lock`)).toBe(false);
  });

  it('RATE-01 beyond the cap waits until another is released; a change of the cap holds at once', async () => {
    caps({ claude: { concurrency: 1 } });
    const first = await takeSlot(request('a'));
    const second = takeSlot(request('b'));
    expect(await waits(second, 'b')).toBe(true);
    await first?.release({ kind: 'served' });
    expect(await second).toMatchObject({ granted: true });
    caps({ claude: { concurrency: 2 }, 'claude/default': { concurrency: 2 } });
    expect(await takeSlot(request('c'))).toMatchObject({ granted: true });
  });

  it('RATE-01 a wait ends with its node, and leaves no trace', async () => {
    caps({ claude: { concurrency: 1 } });
    await takeSlot(request('a'));
    const asked = request('b');
    const second = takeSlot(asked);
    expect(await waits(second, 'b')).toBe(true);
    asked.abort();
    expect(await second).toBeUndefined();
    expect(readSlots(path()).waiting).toEqual([]);
  });

  it('EXEC-13 what runs already is counted and never waits', async () => {
    caps({ claude: { concurrency: 1 } });
    await takeSlot(request('a'));
    expect(await takeSlot(request('adopted', { running: true }))).toMatchObject({ granted: true });
    expect(readSlots(path()).holders.map(({ id }) => id)).toEqual(['a', 'adopted']);
    await takeSlot(request('adopted', { running: true }));
    expect(readSlots(path()).holders).toHaveLength(2);
  });

  it('RATE-01 the slot of a dead process is free, that of a live executor whose host died is not', async () => {
    caps({ claude: { concurrency: 1 } });
    const dead = { host: hostname(), pid: 2 ** 22 - 3, start: '1' };
    const holder = (dir: string) => ({ id: 'old', run: 'r', account: 'default', sinceMs: Date.now(), seenMs: 0, owner: dead, dir });
    const dir = join(home, 'nodes', 'old');
    mkdirSync(join(dir, '1'), { recursive: true });
    mkdirSync(join(home, 'providers'), { recursive: true });
    writeFileSync(path(), JSON.stringify({ holders: [holder(dir)] }));
    // An executor under its supervisor, as a killed host leaves it.
    const child = spawn('sleep', ['60'], { detached: true });
    try {
      const pid = child.pid!;
      await vi.waitFor(() => expect(identify(pid)).toBeDefined());
      writeFileSync(
        join(dir, '1', 'step.json'),
        JSON.stringify({ number: 1, action: 'exec', round: 0, argv: [], cwd: home, dispatchId: 'd', startedMs: Date.now() }),
      );
      writeFileSync(
        join(dir, '1', 'pid'),
        `${readFileSync(`/proc/${pid}/stat`, 'latin1').trim()}\n${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}\n`,
      );
      const next = takeSlot(request('b'));
      expect(await waits(next, 'b')).toBe(true);
      child.kill('SIGKILL');
      expect(await next).toMatchObject({ granted: true });
      expect(readSlots(path()).holders.map(({ id }) => id)).toEqual(['b']);
    } finally {
      child.kill('SIGKILL');
    }
  }, 30_000);

  it('RATE-02 a 429 of one holds the next back; a refused quota sends those that wait home', async () => {
    const first = await takeSlot(request('a'));
    await first?.release({ kind: 'rate', askedMs: 1500 });
    const started = Date.now();
    const second = await takeSlot(request('b'));
    expect(Date.now() - started).toBeGreaterThanOrEqual(1000);
    caps({ claude: { concurrency: 1 } });
    const third = takeSlot(request('c'));
    expect(await waits(third, 'c')).toBe(true);
    await second?.release({ kind: 'quota' });
    expect(await third).toMatchObject({ granted: false });
    expect(await takeSlot(request('d'))).toMatchObject({ granted: true });
  });

  it('RATE-01 forty dispatches of three runs at once never exceed the cap', async () => {
    caps({ claude: { concurrency: 3 } });
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const slot = await takeSlot(request(`n${i}`, { run: `r${i % 3}` }));
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        await slot?.release({ kind: 'served' });
      }),
    );
    expect(most).toBeLessThanOrEqual(3);
    expect(readSlots(path())).toMatchObject({ holders: [], waiting: [] });
  }, 60_000);

  it('RATE-01 two accounts share the cap of their provider, and each has its own', async () => {
    const work = { ANTHROPIC_API_KEY: 'sk-work' };
    caps({ claude: { concurrency: 2 }, [`claude/${accountOf('claude', work)}`]: { concurrency: 1 } });
    const first = await takeSlot(request('w1', { env: work }));
    const second = takeSlot(request('w2', { env: work }));
    expect(await waits(second, 'w2')).toBe(true);
    expect(await takeSlot(request('h1'))).toMatchObject({ granted: true, account: 'default' });
    const third = takeSlot(request('h2'));
    expect(await waits(third, 'h2')).toBe(true);
    await first?.release({ kind: 'served' });
    expect(await second).toMatchObject({ granted: true });
  });

  it('RATE-01 RATE-03 a changed cap and a changed priority hold for those that wait', async () => {
    caps({ claude: { concurrency: 1 } });
    const first = await takeSlot(request('a', { run: 'other' }));
    let priority = 5;
    const early = takeSlot(request('early', { run: 'one' }));
    const late = takeSlot(request('late', { run: 'two', priority: () => priority }));
    expect(await waits(late, 'late')).toBe(true);
    caps({ claude: { concurrency: 2 } });
    expect(await early).toMatchObject({ granted: true });
    priority = 1;
    await vi.waitFor(() => expect(readSlots(path()).waiting).toMatchObject([{ id: 'late', priority: 1 }]), 20_000);
    await first?.release({ kind: 'served' });
    expect(await late).toMatchObject({ granted: true });
  }, 30_000);

  it('RATE-01 a state that cannot be used holds nobody up', async () => {
    mkdirSync(join(home, 'providers'), { recursive: true });
    writeFileSync(path(), '{"holders": [');
    expect(await takeSlot(request('a'))).toMatchObject({ granted: true });
    writeFileSync(join(home, 'taken'), '');
    expect(await takeSlot(request('a', { home: join(home, 'taken') }))).toMatchObject({ granted: true });
  });
});

describe('what the user sets', () => {
  it('RATE-03 the priority of a run is what its run.json says now', () => {
    const run = (text: string) => (writeFileSync(join(home, 'run.json'), text), readPriority(home));
    expect([run('{"priority":1}'), run('{}'), run('{"priority":9}'), run('{"priority":"1"}'), run('{"pri')]).toEqual([
      1,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(readPriority(join(home, 'nowhere'))).toBeUndefined();
  });

  it('RATE-01 a file that is wrong is named and ignored', () => {
    expect(readCaps(home, 'claude')).toEqual({ caps: {} });
    caps({ claude: { concurrency: 4, perMinute: 30 } });
    expect(readCaps(home, 'claude')).toEqual({ caps: { concurrency: 4, perMinute: 30 } });
    expect(readCaps(home, 'codex')).toEqual({ caps: {} });
    caps({ claude: { concurrency: 4 }, 'claude/1a2b3c4d': { concurrency: 2 }, 'claudette/x': { concurrency: 1 } });
    expect(readCaps(home, 'claude')).toEqual({ caps: { concurrency: 4, accounts: { '1a2b3c4d': { concurrency: 2 } } } });
    caps({ claude: { concurency: 4 } });
    expect(readCaps(home, 'claude')).toMatchObject({
      caps: {},
      problem: expect.stringMatching(/providers\.json cannot be used.*concurency/) as string,
    });
    writeFileSync(join(home, 'providers.json'), 'no json');
    expect(readCaps(home, 'claude').problem).toContain('expected {"<provider>"');
  });

  it('RATE-01 accounts differ by credentials, and show nothing of them', () => {
    const one = accountOf('claude', { ANTHROPIC_API_KEY: 'sk-secret-1' });
    expect(one).toMatch(/^[0-9a-f]{8}$/);
    expect(accountOf('claude', { ANTHROPIC_API_KEY: 'sk-secret-1', OTHER: 'x' })).toBe(one);
    expect(accountOf('claude', { ANTHROPIC_API_KEY: 'sk-secret-2' })).not.toBe(one);
    expect(accountOf('claude', {})).toBe('default');
    expect(accountOf('deepseek', { DEEPSEEK_API_KEY: 'k' })).not.toBe('default');
    expect(accountOf('deepseek', { ANTHROPIC_API_KEY: 'k' })).toBe('default');
  });
});
