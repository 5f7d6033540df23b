import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';
import { canMount, onSmallDisk, type SmallDisk } from './support/small-disk.ts';

let project: Project;
let disk: SmallDisk | undefined;
afterEach(async () => {
  await disk?.dispose();
  disk = undefined;
  delete process.env['PANDACODE_CLAUDE_BIN'];
  project.remove();
});

const size = 300_000;
// Answers when the file "go" is there; counts its starts outside of the folder that is full or deleted.
const wait = 'echo start >>starts\nwhile [ ! -e go ]; do sleep 0.05; done\n';
const plain = `#!/bin/sh\n${wait}head -c ${size} /dev/zero | tr '\\0' x\n`;
// Stands in for the vendor's program under the real pandacode.
const claude = `#!/bin/sh
case "$*" in *--version*) echo '2.1.0 (Claude Code)'; exit 0;; esac
cat >/dev/null
${wait}a=$(head -c ${size} /dev/zero | tr '\\0' x)
echo '{"type":"system","subtype":"init","session_id":"s-1","model":"m"}'
echo '{"type":"result","subtype":"success","is_error":false,"result":"'"$a"'","session_id":"s-1","usage":{"input_tokens":1,"output_tokens":2}}'
`;
const script = `const work = await agent('work', { label: 'work' });
return typeof work === 'string' ? { length: work.length } : { category: work.error.category, retryable: work.error.retryable };`;
const starts = () => readFileSync(join(project.dir, 'starts'), 'utf8');

function setUp(executor: 'plain' | 'pandacode'): string[] {
  project = new Project({ 'a.js': script, executor: plain, claude });
  for (const name of ['executor', 'claude']) chmodSync(join(project.dir, name), 0o755);
  process.env['PANDACODE_CLAUDE_BIN'] = join(project.dir, 'claude');
  return ['exec', '--script', 'a.js', '--no-report', '--backend', 'pandacode', ...(executor === 'plain' ? ['--pandacode-bin', './executor'] : [])];
}

describe('a disk that fills up while an executor works', { timeout: 240_000 }, () => {
  // Needs a machine that lets it mount.
  if (!canMount()) return;

  const filledWhileItWorks = async (flags: string[]) => {
    disk = await onSmallDisk(join(project.dir, '.odw'), 40_000_000, flags, project.dir);
    disk.go();
    await expect.poll(() => existsSync(join(project.dir, 'starts')), { timeout: 120_000, interval: 50 }).toBe(true);
    disk.fill();
    writeFileSync(join(project.dir, 'go'), '');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(disk.text()).not.toContain('[exit]');
    disk.free();
    await disk.until(/\[exit\] \d/);
  };

  it('PROC-05 loses nothing of pandacode: the answer is kept until there is room, and paid once', async () => {
    await filledWhileItWorks(setUp('pandacode'));
    expect(disk?.text()).toContain(`[result] {"length":${size}}`);
    expect(starts()).toBe('start\n');
  });

  it('PROC-05 may cut what any other executor prints: its node fails by name, and nothing is paid twice', async () => {
    await filledWhileItWorks(setUp('plain'));
    expect(disk?.text()).toContain('[result] {"category":"executor_disk_full","retryable":true}');
    expect(starts()).toBe('start\n');
  });
});

describe('a run folder that is deleted while an executor works', { timeout: 240_000 }, () => {
  const deletedWhileItWorks = async (flags: string[]) => {
    const host = startOdw(flags, { cwd: project.dir });
    await host.until(/start {2}\/ work /, 120_000);
    await expect.poll(() => existsSync(join(project.dir, 'starts')), { timeout: 120_000, interval: 50 }).toBe(true);
    const runs = join(project.dir, '.odw', 'runs');
    const [runId] = readdirSync(runs).filter((name) => name.startsWith('odw-exec-'));
    rmSync(join(runs, runId!), { recursive: true, force: true, maxRetries: 5 });
    writeFileSync(join(project.dir, 'go'), '');
    const ended = await host.end;
    expect(starts()).toBe('start\n');
    return ended;
  };
  const rebuiltEqual = async (runId: string) => {
    const files = ['events.jsonl', 'state.json', 'run.json', 'script.js', 'input.raw'];
    const read = () => files.map((name) => readFileSync(join(project.runDir(runId), name), 'utf8'));
    const before = read();
    rmSync(project.runDir(runId), { recursive: true });
    expect(await project.odw(['runs', 'rebuild', runId])).toMatchObject({ code: 0, stderr: '' });
    expect(read()).toEqual(before);
  };

  it('HIST-02 loses nothing of pandacode, and comes back equal', async () => {
    const { code, runId } = await deletedWhileItWorks(setUp('pandacode'));
    expect([code, project.state(runId as string).result]).toEqual([0, { length: size }]);
    await rebuiltEqual(runId as string);
  });

  it('HIST-02 takes the printed answer of any other executor along: its node fails by name, nothing hangs, nothing is paid twice', async () => {
    const { code, runId } = await deletedWhileItWorks(setUp('plain'));
    expect([code, project.state(runId as string).result]).toEqual([0, { category: 'executor_files_gone', retryable: true }]);
    await rebuiltEqual(runId as string);
  });
});
