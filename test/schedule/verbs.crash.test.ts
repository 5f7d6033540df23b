import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '@temporalio/client';
import { createSchedule } from '../../temporal/schedule/create.ts';
import { describeSchedule, type ScheduleRow, type ScheduleView } from '../../temporal/schedule/read.ts';
import { removeSchedule } from '../../temporal/schedule/change.ts';
import { localZone } from '../../temporal/schedule/instant.ts';
import { readTiming, type TimingFlags } from '../../temporal/schedule/timing.ts';
import { makeInput } from '../support/journal.ts';
import { Project } from '../support/odw.ts';
import { OwnHome, waitFor } from '../support/schedules.ts';

// No worker serves the queue here: what fires stays open.
let home: OwnHome;
let client: Client;
let project: Project;
beforeAll(async () => {
  home = new OwnHome();
  client = await home.client();
});
afterAll(() => home.close());
beforeEach(() => {
  project = new Project({ 'a.js': `export const meta = { name: 'nightly-review' }; return await agent('look')` });
});
afterEach(() => project.remove());

const odw = (...args: string[]) => home.odw(project.dir, ['schedule', ...args]);
const json = <T>(...args: string[]) => home.json<T>(project.dir, ['schedule', ...args]);

/** Creates a schedule without the command line, looks at it, removes it. */
async function coming(flags: TimingFlags): Promise<ScheduleView> {
  const name = 'look';
  const input = makeInput(`${project.dir}/.odw/runs/look`);
  await createSchedule(client, { name, input, timing: readTiming(flags), overlap: 'skip', catchupMs: 3_600_000, searchAttributes: false });
  try {
    return await describeSchedule(client, name);
  } finally {
    await removeSchedule(client, name);
  }
}

describe('odw schedule', () => {
  it('SCHED-01 SCHED-02 creates, shows, pauses, goes on and removes, and prints what nobody asked for', async () => {
    const made = await odw('create', 'nightly', '--cron', '0 0 13 * 5', '--script', 'a.js', '--budget', '5000');
    expect(made.code).toBe(0);
    expect(made.stdout).toContain('schedule nightly is created');
    expect(made.stdout).toContain(`cron 0 0 13 * 5 (${localZone()})`);
    expect(made.stdout).toContain('overlap  skip: a firing is skipped while the run before is open');
    expect(made.stdout).toContain('catch-up 1h');
    expect(made.stdout).toContain('the day of month and the day of week must both match');
    expect(made.stdout).toContain('none serves the queue now: odw worker start');

    const rows = await waitFor(async () => (await json<ScheduleRow[]>('list')).find(({ name, next }) => name === 'nightly' && next !== null));
    expect(rows).toMatchObject({ when: 'cron 0 0 13 * 5', root: project.dir, script: `${project.dir}/a.js`, backend: 'mock', paused: false, last_run: null });
    expect((await odw('list')).stdout).toMatch(/^nightly {2}cron 0 0 13 \* 5 {2}20\S+ {2}\S+a\.js\n$/);

    expect(await json('pause', 'nightly', '--note', 'holidays')).toMatchObject({ paused: true, note: 'holidays' });
    expect((await odw('describe', 'nightly')).stdout).toMatch(/^schedule nightly, paused\n[^]*note {5}holidays\n {2}fired {4}0 times\n$/);
    expect((await odw('unpause', 'nightly')).stdout).toBe('schedule nightly fires as planned\n');
    expect(await json('describe', 'nightly')).toMatchObject({ paused: false, overlap: 'skip', catchup_ms: 3_600_000, fired: 0, remaining: null, runs: [] });
    expect(await json('rm', 'nightly')).toEqual({ name: 'nightly', removed: true });
    expect((await odw('describe', 'nightly')).stderr).toContain('there is no schedule "nightly"');
  });

  it('SCHED-01 triggers by its own overlap policy, or by another, and fires for times of the past', async () => {
    await json('create', 'hourly', '--every', '1h', '--script', 'a.js');
    const { run_id } = await json<{ run_id: string }>('trigger', 'hourly');
    expect(run_id).toMatch(/^hourly-20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await json('trigger', 'hourly')).toEqual({ name: 'hourly', run_id: null, why: 'skipped', running: [run_id] });
    const beside = await odw('trigger', 'hourly', '--overlap', 'all');
    expect(beside.stdout).toMatch(/^run_id=hourly-20\S+\n$/);

    const to = new Date(Date.now() - 3_600_000);
    const from = new Date(to.getTime() - 2 * 3_600_000);
    await json('backfill', 'hourly', '--from', from.toISOString(), '--to', to.toISOString(), '--overlap', 'all');
    const view = await waitFor(async () => {
      const now = await describeSchedule(client, 'hourly');
      return now.fired >= 4 && now;
    });
    const past = view.runs.filter(({ at }) => new Date(at) <= to);
    expect(past).toHaveLength(2);
    for (const { run_id: id, at } of past) expect([id, new Date(at).getTime() % 3_600_000]).toEqual([`hourly-${at.replace('.000', '')}`, 0]);
    expect((await odw('backfill', 'hourly', '--from', '2020-01-01', '--to', '2099-01-01')).code).toBe(2);
    await removeSchedule(client, 'hourly');
  });

  it('SCHED-03 fires once at a time: 2099 is not due, a near one leaves one run and is done', async () => {
    await json('create', 'far', '--at', '2099-01-01T00:00:00Z', '--script', 'a.js');
    const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3000);
    const near = await json<ScheduleView>('create', 'near', '--at', at.toISOString(), '--script', 'a.js');
    expect(near).toMatchObject({ remaining: 1, next: at.toISOString() });
    const done = await waitFor(async () => {
      const now = await describeSchedule(client, 'near');
      return now.fired > 0 && now;
    });
    expect(done).toMatchObject({
      fired: 1,
      remaining: 0,
      coming: [],
      runs: [{ run_id: `near-${at.toISOString().replace('.000', '')}`, at: at.toISOString() }],
    });
    expect(await describeSchedule(client, 'far')).toMatchObject({ fired: 0, remaining: 1, next: '2099-01-01T00:00:00.000Z' });
    const past = await odw('create', 'past', '--at', '2020-01-01T00:00:00Z', '--script', 'a.js');
    expect([past.code, past.stderr.includes('--at 2020-01-01T00:00:00Z is in the past')]).toEqual([2, true]);
  });

  it('SCHED-04 the server knows Sunday as 0 and as 7, ANDs the two kinds of days, and keeps the zone', async () => {
    const sundays = await coming({ cron: '30 4 * * 0', tz: 'UTC' });
    expect((await coming({ cron: '30 4 * * 7', tz: 'UTC' })).coming).toEqual(sundays.coming);
    for (const time of sundays.coming) expect([new Date(time).getUTCDay(), time.slice(11)]).toEqual([0, '04:30:00.000Z']);
    const fridays = await coming({ cron: '0 0 13 * 5', tz: 'UTC' });
    expect(fridays.coming.length).toBeGreaterThan(2);
    for (const time of fridays.coming) expect([new Date(time).getUTCDate(), new Date(time).getUTCDay()]).toEqual([13, 5]);
    const tokyo = await coming({ cron: '0 9 * * *', tz: 'Asia/Tokyo' });
    expect([tokyo.zone, tokyo.next?.slice(11)]).toEqual(['Asia/Tokyo', '00:00:00.000Z']);
  });

  it('refuses what cannot be, before or on the server, and creates nothing', async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await odw('create', ...args);
      return [code, stderr];
    };
    expect(await refused('x', '--cron', '61 * * * *', '--script', 'a.js')).toEqual([
      1,
      expect.stringMatching(/the server refuses schedule "x": .*Minute is not in range/),
    ]);
    expect(await refused('x', '--every', '1h', '--script', 'a.js', '--catchup', '5s')).toEqual([2, expect.stringContaining('--catchup expects 10s or more')]);
    expect(await refused('x', '--every', '1h', '--script', 'b.js')).toEqual([1, expect.stringContaining('workflow script does not exist')]);
    expect(await refused('../x', '--every', '1h', '--script', 'a.js')).toEqual([2, expect.stringContaining('got "../x"')]);
    await json('create', 'twice', '--every', '1h', '--script', 'a.js');
    expect(await refused('twice', '--every', '2h', '--script', 'a.js')).toEqual([1, expect.stringContaining('there is a schedule "twice" already')]);
    expect((await describeSchedule(client, 'twice')).when).toBe('every 1h');
    await expect(describeSchedule(client, 'x')).rejects.toThrow('there is no schedule "x"');
  });
});
