import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isDiskFull, untilRoom } from '../../system/disk-full.ts';
import { odwHome } from '../../system/paths.ts';
import { Project } from '../support/odw.ts';
import { canMount, onSmallDisk, type SmallDisk } from './support/small-disk.ts';

let project: Project | undefined;
let disk: SmallDisk | undefined;
afterEach(async () => {
  await disk?.dispose();
  project?.remove();
  disk = project = undefined;
});

describe('a full disk', { timeout: 240_000 }, () => {
  it('is waited for and told once; any other trouble passes', async () => {
    project = new Project();
    if (!existsSync('/dev/full')) throw new Error('this test needs /dev/full');
    const path = join(project.dir, 'file');
    const told: unknown[] = [];
    let tries = 0;
    await untilRoom(
      () => writeFileSync(++tries < 3 ? '/dev/full' : path, 'whole'),
      (error) => told.push(error),
    );
    expect([tries, told.length, isDiskFull(told[0])]).toEqual([3, 1, true]);
    expect(readFileSync(path, 'utf8')).toBe('whole');
    await expect(
      untilRoom(
        () => writeFileSync(join(path, 'under a file'), ''),
        () => {},
      ),
    ).rejects.toThrow(/ENOTDIR/);
  });

  // Needs a machine that lets it mount; elsewhere the first test stands for these.
  if (!canMount()) return;

  it('PROC-05 while a run goes on and when it ends loses and doubles nothing: the run goes on, says why it waits, and ends when there is room', async () => {
    project = new Project({
      'a.js': `return (await parallel(Array.from({ length: 8 }, (_, i) => () =>
        agent('node ' + i, { label: 'n' + i, mockDelayMs: 400 * i, mockAgentText: String(i).repeat(25000) })))).map((text) => text.length);`,
    });
    disk = await onSmallDisk(join(project.dir, '.odw'), 4_000_000, ['exec', '--script', 'a.js', '--no-report', '--concurrency', '8'], project.dir);
    disk.go();
    await disk.until(/done {2}\/ n1 /);
    disk.fill();
    await disk.until(/cannot write \S+events\.jsonl: ENOSPC/);
    await disk.until(/cannot write \S+history\.json: ENOSPC/);
    expect(disk.text()).not.toContain('[exit]');
    disk.free();
    await disk.until(/\[exit\] \d/);
    expect(disk.text()).toMatch(/\[odw\] completed run_id=/);
    expect(disk.text().match(/cannot write \S+events\.jsonl/g)).toHaveLength(1);

    const runId = /run_id=(\S+)/.exec(disk.text())![1]!;
    const names = ['events.jsonl', 'state.json', 'run.json', 'input.raw', 'script.js'];
    const files = Object.fromEntries(names.map((name) => [name, disk!.read(join(project!.runDir(runId), name))]));
    const numbers = files['events.jsonl']!.trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(JSON.parse(files['state.json']!)).toMatchObject({ result: Array(8).fill(25000) });

    // The same run, made again from the server's history where there is room.
    expect(await project.odw(['runs', 'rebuild', runId])).toMatchObject({ code: 0, stderr: '' });
    for (const name of names) expect([name, readFileSync(join(project.runDir(runId), name), 'utf8')]).toEqual([name, files[name]]);
  });

  it('PROC-07 where large values are kept keeps the run waiting, tells why, and nothing is lost', async () => {
    project = new Project({
      'a.js': `const a = await agent('A'.repeat(60000), { label: 'a' }); const b = await agent('b', { label: 'b', mockAgentText: 'b'.repeat(70000) }); return [a.label, b.length];`,
    });
    disk = await onSmallDisk(join(odwHome(), 'blobs'), 2_000_000, ['exec', '--script', 'a.js', '--no-report'], project.dir);
    disk.fill();
    disk.go();
    await disk.until(/the disk is full; the run goes on when there is room: \S*\s*ENOSPC/);
    expect(disk.text()).not.toContain('[exit]');
    disk.free();
    await disk.until(/\[exit\] \d/);
    expect(disk.text()).toContain('[result] ["a",70000]');
    expect(disk.text()).toContain('[exit] 0');
  });

  it('where worktrees are made keeps their nodes waiting, and they run once there is room', async () => {
    project = new Project({ 'a.js': `return (await agent('one', { label: 'w0', isolation: 'worktree', mockWriteFile: 'made.txt' })).worktree.files;` }).git();
    const trees = join(project.dir, 'trees');
    disk = await onSmallDisk(trees, 1_000_000, ['exec', '--script', 'a.js', '--no-report'], project.dir, { ODW_WORKTREE_ROOT: trees });
    disk.fill();
    disk.go();
    await disk.until(/the disk is full; the run goes on when there is room: node w0: [^\n]*No space left on device/i);
    disk.free();
    await disk.until(/\[exit\] \d/);
    expect(disk.text()).toContain('[result] ["made.txt"]');
    expect(disk.text()).not.toContain('ok=false');
  });

  it('WT-09 when finished work is captured keeps it in its tree until there is room', async () => {
    project = new Project({
      'a.js': `return (await agent('one', { label: 'w0', isolation: 'worktree', mockWriteFile: 'made.txt', mockDelayMs: 8000 })).worktree.files;`,
    }).git();
    const trees = join(project.dir, 'trees');
    disk = await onSmallDisk(join(project.dir, '.odw'), 4_000_000, ['exec', '--script', 'a.js', '--no-report'], project.dir, { ODW_WORKTREE_ROOT: trees });
    disk.go();
    await disk.until(/start {2}\/ w0 /);
    const made = () => (existsSync(trees) ? readdirSync(trees, { recursive: true }).filter((name) => String(name).endsWith('a.js')).length : 0);
    await expect.poll(made, { timeout: 60_000, interval: 20 }).toBe(1);
    disk.fill();
    await disk.until(/the disk is full; the run goes on when there is room: node w0: /);
    disk.free();
    await disk.until(/\[exit\] \d/);
    expect(disk.text()).toContain('[result] ["made.txt"]');
    expect(disk.text()).not.toContain('ok=false');
  });

  it("PROC-05 under the server's database stops the run, tells why, and nothing is lost", async () => {
    project = new Project({
      'a.js': `for (let i = 0; i < 6; i++) { await agent('node ' + i, { label: 'n' + i }); await new Promise((resolve) => setTimeout(resolve, i === 1 ? 5000 : 50)); }
        return budget.spent();`,
    });
    const home = join(project.dir, 'home');
    disk = await onSmallDisk(home, 80_000_000, ['exec', '--script', 'a.js', '--no-report'], project.dir, { ODW_HOME: home });
    disk.go();
    await disk.until(/done {2}\/ n1 /);
    const server = (JSON.parse(disk.read(join(home, 'server.json'))) as { pid: number }).pid;
    try {
      disk.fill();
      await disk.until(/the disk is full; the run goes on when there is room: \d+ bytes are left where \S+home is/);
      expect(disk.text()).not.toContain('[exit]');
      disk.free();
      await disk.until(/\[exit\] \d/);
      expect(disk.text()).toContain('[exit] 0');
      const runId = /run_id=(\S+)/.exec(disk.text())![1]!;
      const ends = project.events(runId).filter((event) => event['type'] === 'agent_done');
      expect(ends.map((event) => event['label'])).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5']);
    } finally {
      process.kill(server, 'SIGKILL');
    }
  });
});
