import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerRuns } from '../../cli/commands/runs.ts';
import { findRunFolder } from '../../cli/run-folder.ts';
import { EventScript } from '../support/journal.ts';
import { runCommand } from '../support/run-command.ts';
import { makeRunFolder } from '../support/run-folders.ts';
import { RunStory } from '../support/run-story.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-runs-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const odw = (...argv: string[]) => runCommand(registerRuns, ['runs', ...argv, '--path', root]);
const list = async (...argv: string[]) =>
  JSON.parse((await odw('list', ...argv)).stdout) as { runs_dir: string; runs: { run_id: string; status: string; finished_ms: number | null }[] };
const completed = { status: 'completed', code: 0 } as const;

describe('odw runs list', () => {
  it('CLI-20 no runs folder gives an empty list and exit 0', async () => {
    expect(await odw('list')).toMatchObject({ code: 0, stderr: '' });
    expect(await list()).toEqual({ runs_dir: join(root, '.odw', 'runs'), runs: [] });
  });

  it('CLI-20 sorts by start time, not by name, and passes over what is no run', async () => {
    await makeRunFolder(root, 'b', { startedMs: 100, exit: completed });
    await makeRunFolder(root, 'a', { startedMs: 200, exit: completed });
    await makeRunFolder(root, 'c', { startedMs: 50, exit: { status: 'failed', code: 1 } });
    mkdirSync(join(root, '.odw', 'runs', 'empty'));
    mkdirSync(join(root, '.odw', 'runs', 'broken'));
    writeFileSync(join(root, '.odw', 'runs', 'broken', 'run.json'), '{"run_id":');
    expect((await list()).runs.map((run) => run.run_id)).toEqual(['c', 'b', 'a']);
    expect((await list('--limit', '2')).runs.map((run) => run.run_id)).toEqual(['b', 'a']);
    expect((await list('--limit', '0')).runs).toEqual([]);
    expect((await list('--status', 'failed')).runs.map((run) => run.run_id)).toEqual(['c']);
  });

  it('CLI-02 a bad status or limit is a usage error', async () => {
    expect((await odw('list', '--status', 'asleep')).code).toBe(2);
    expect((await odw('list', '--limit', '-1')).code).toBe(2);
    expect((await odw('list', '--limit', 'many')).code).toBe(2);
  });

  it('NEXT-06 a run whose host is gone never shows as running', async () => {
    await makeRunFolder(root, 'alive', { host: 'alive' });
    await makeRunFolder(root, 'dead', { host: 'dead' });
    await makeRunFolder(root, 'paused', { host: 'dead', run: { status: 'paused' } });
    await makeRunFolder(root, 'unlocked', {});
    await makeRunFolder(root, 'ended', { host: 'dead', exit: completed, run: { status: 'running', finished_ms: null } });
    const status = Object.fromEntries((await list()).runs.map((run) => [run.run_id, run.status]));
    expect(status).toEqual({ alive: 'running', dead: 'interrupted', paused: 'interrupted', unlocked: 'interrupted', ended: 'completed' });
    expect((await list('--status', 'interrupted')).runs).toHaveLength(3);
  });

  it('QUOTA-03 a run that was left while it was parked says for what', async () => {
    const parked = { scope: 'provider:claude', reason: 'quota', until: '2026-11-22T06:00:00.000Z', source: 'reported', message: 'used up' } as const;
    await makeRunFolder(root, 'left', { host: 'dead', run: { status: 'paused', state: 'parked', parked } });
    const { stdout } = await odw('show', 'left');
    expect(stdout).toContain('Run left [interrupted]');
    expect(stdout).toContain('Parked when it was left: quota until 2026-11-22T06:00:00.000Z: used up');
    expect(stdout).not.toContain('odw unpause');
  });

  it("CLI-20 lists an older tool's runs", async () => {
    const dir = join(root, '.odw', 'runs', 'old');
    mkdirSync(dir, { recursive: true });
    const old = {
      run_id: 'old',
      action: 'exec',
      workflow: '/w.js',
      status: 'completed',
      started_ms: 1,
      finished_ms: 2,
      session_id: null,
      command: ['node'],
      shell: 'node',
      run_dir: dir,
      events_path: '',
      debug_file: '',
    };
    writeFileSync(join(dir, 'run.json'), JSON.stringify(old));
    expect((await list()).runs[0]).toMatchObject(old);
  });
});

describe('odw runs show', () => {
  const story = (input: Parameters<NonNullable<Parameters<typeof makeRunFolder>[2]>['events'] & object>[0]) => {
    const t = input.startedMs;
    const made = new RunStory(input);
    for (let i = 1; i <= 14; i++) made.node({ label: `n${i}`, phase: 'Scan', prompt: 'x', startMs: t + i, tookMs: 100 });
    made.node({ label: 'bad', phase: 'Scan', prompt: 'x', startMs: t + 20, tookMs: 100, fails: 'quota' });
    made.node({ label: 'slow', phase: 'Scan', prompt: 'x', startMs: t + 30, tookMs: 100, open: true });
    return made.at(t + 200, 'checkpoint', { name: 'half' }).events();
  };

  it('CLI-21 CLI-22 prints the run, its nodes and its last events', async () => {
    await makeRunFolder(root, 'run-1', { events: story, host: 'alive' });
    const { stdout, code } = await odw('show', 'run-1');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 7)).toEqual([
      'Run run-1 [running]',
      'Workflow: /project/audit.js',
      'Duration: running',
      'Nodes: active=1 completed=14 failed_attempts=1 checkpoints=1',
      'Resume: odw exec --resume run-1',
      '',
      'Active nodes:',
    ]);
    expect(lines[7]).toBe('  - Scan / slow / - key=agent:16 state=running attempt=1/1');
    expect(stdout).toContain('\n\nFailed attempts:\n  - Scan / bad / - key=agent:15 state=failed attempt=1/1\n');
    const done = lines.filter((line) => line.endsWith('state=done attempt=1/1'));
    expect(done).toHaveLength(12);
    expect(done[0]).toContain('/ n3 /');
    expect(done[11]).toContain('/ n14 /');
    const recent = lines.slice(lines.indexOf('Recent events:') + 1, -1);
    expect(recent).toHaveLength(16);
    expect(recent.at(-1)).toBe('  - [checkpoint] half');
  });

  it('CLI-22 an active node shows its last message, cut to 220', async () => {
    const events = () => {
      const node = { key: 'k', index: 1, label: 'a', phase: '', attempt: 1, maxAttempts: 1 };
      return new EventScript(1000)
        .emit('agent_start', node)
        .emit('panda_auto_answer', { key: 'k', result: { codex: { last_agent_message: 'é'.repeat(300) } } });
    };
    await makeRunFolder(root, 'run-1', { events, host: 'alive' });
    expect((await odw('show', 'run-1')).stdout).toContain(`\n    last: ${'é'.repeat(220)}\n`);
  });

  it('CLI-22 --tail 0 shows no events', async () => {
    await makeRunFolder(root, 'run-1', { events: story, host: 'alive' });
    expect((await odw('show', 'run-1', '--tail', '0')).stdout).not.toContain('Recent events');
  });

  it('CLI-23 the failure comes from wherever it is in the journal', async () => {
    const events = () => {
      const script = new EventScript(1000).emit('workflow_error', { message: 'Error: boom\n    at audit.js:3:1' });
      for (let i = 0; i < 200; i++) script.emit('log', { message: `later ${i}` });
      return script;
    };
    await makeRunFolder(root, 'run-1', { events, exit: { status: 'failed', code: 1 } });
    const { stdout } = await odw('show');
    expect(stdout.split('\n').slice(0, 4)).toEqual(['Run run-1 [failed]', 'Failure: Error: boom', 'Workflow: /project/audit.js', 'Duration: 0ms']);
  });

  it('CLI-23 a result that says ok:false gives its cause; a completed run shows no failure', async () => {
    const done = (result: object) => () => new EventScript(1000).emit('workflow_done', { name: 'w', result: result as never });
    await makeRunFolder(root, 'bad', { events: done({ ok: false, error: { category: 'c', message: 'no luck' } }), exit: { status: 'failed', code: 1 } });
    await makeRunFolder(root, 'good', { events: done({ error: 'kept' }), exit: completed });
    expect((await odw('show', 'bad')).stdout).toContain('\nFailure: no luck\n');
    expect((await odw('show', 'good')).stdout).not.toContain('Failure:');
  });

  it('CLI-21 an interrupted run says until when it got', async () => {
    await makeRunFolder(root, 'run-1', { events: story, host: 'dead' });
    const { stdout } = await odw('show', 'run-1');
    expect(stdout).toContain('Run run-1 [interrupted]');
    expect(stdout).toContain('Duration: 200ms until interrupted');
  });

  it('CLI-21 what was active when a run ended is not shown as running', async () => {
    await makeRunFolder(root, 'run-1', { events: story, exit: { status: 'cancelled', code: 1 } });
    expect((await odw('show', 'run-1')).stdout).toContain('/ slow / - key=agent:16 state=unfinished attempt=1/1');
  });

  it('CLI-24 --json gives run, counts and nodes', async () => {
    await makeRunFolder(root, 'run-1', { events: story, host: 'alive' });
    const view = JSON.parse((await odw('show', 'run-1', '--json', '--tail', '5')).stdout);
    expect(Object.keys(view)).toEqual(['run', 'counts', 'active', 'failed', 'completed', 'events']);
    expect(view.counts).toEqual({ active: 1, completed: 14, failed_attempts: 1, checkpoints: 1 });
    expect(view.events).toHaveLength(5);
    expect(view.completed.map((node: { index: number }) => node.index)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
  });

  it('PROC-06 the journal tells what state.json does not know yet, and a torn last line is passed over', async () => {
    const dir = await makeRunFolder(root, 'run-1', { events: story, host: 'alive' });
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'));
    writeFileSync(join(dir, 'state.json'), JSON.stringify({ ...state, agents: {}, failedAgents: {} }));
    appendFileSync(join(dir, 'events.jsonl'), '{"type":"script_str');
    expect((await odw('show', 'run-1')).stdout).toContain('completed=14 failed_attempts=1 checkpoints=1');
    rmSync(join(dir, 'state.json'));
    expect((await odw('show', 'run-1')).stdout).toContain('completed=14 failed_attempts=1 checkpoints=1');
  });

  it('CLI-21 no journal: exit 1 with the path', async () => {
    const result = await odw('show', 'nothing');
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`Error: read ${join(root, '.odw', 'runs', 'nothing', 'events.jsonl')}`);
  });
});

describe('run ids', () => {
  it.each(['', 'a/b', 'a\\b', '..', 'a..b', '../x'])('CLI-07 %j cannot be a run id', async (id) => {
    const result = await odw('show', id);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`Error: invalid run id (must be a single run directory name): ${id}`);
  });

  it('CLI-07 without any run, latest names the file it looked for', async () => {
    expect((await odw('show')).stderr).toContain(`Error: read ${join(root, '.odw', 'runs', 'latest.json')}`);
  });

  it('CLI-07 FILE-03 latest leads to a run id and its folder, never to itself or elsewhere', async () => {
    await makeRunFolder(root, 'run-1', { exit: completed });
    expect(findRunFolder(root, 'latest')).toEqual({ runId: 'run-1', dir: join(root, '.odw', 'runs', 'run-1') });
    const point = (to: object) => writeFileSync(join(root, '.odw', 'runs', 'latest.json'), JSON.stringify(to));
    point({ run_id: 'latest' });
    expect(() => findRunFolder(root, 'latest')).toThrow('invalid run id');
    point({ run_id: '../../etc' });
    expect(() => findRunFolder(root, 'latest')).toThrow('invalid run id');
    point({ run_id: 'run-1', run_dir: '/etc/run-1' });
    expect(() => findRunFolder(root, 'latest')).toThrow('is not in');
    point({ run_id: 'run-1', run_dir: join(root, '.odw', 'runs', 'run-1') });
    expect(findRunFolder(root, 'latest').runId).toBe('run-1');
  });
});
