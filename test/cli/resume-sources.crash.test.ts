import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';

// Each test starts several commands, one after another, and some a server.
vi.setConfig({ testTimeout: 180_000 });

let project: Project;
let otherHome: string | undefined;
afterEach(async () => {
  if (otherHome !== undefined) {
    await project.odw(['server', 'stop'], { ODW_HOME: otherHome });
    rmSync(otherHome, { recursive: true, maxRetries: 5 });
    otherHome = undefined;
  }
  project.remove();
});

const file = (runId: string, name: string) => join(project.runDir(runId), name);

/** Changes the stored result of a node, to tell where a resume read it. */
function doctor(runId: string, value: string): void {
  const state = project.state(runId);
  for (const node of Object.values(state.agents)) node.result = value;
  writeFileSync(file(runId, 'state.json'), JSON.stringify(state));
}

describe('where a resume finds results', () => {
  it('RES-08 RES-09 RES-10 in the server’s history, else the exported one, else state.json; broken or missing files stop it', async () => {
    project = new Project({ 'a.js': `return await agent('x', { mockAgentText: 'from history' })` });
    const first = (await project.odw(['exec', '--script', 'a.js', '--no-report'])).runId as string;
    const env: NodeJS.ProcessEnv = {};
    const resume = async (...flags: string[]) => {
      const end = await project.odw(['exec', '--resume', first, '--no-report', '--json-envelope', ...flags], env);
      const line = JSON.parse(end.stdout) as { run_id: string; result?: unknown; error?: { message: string } };
      return { code: end.code, result: line.result, message: line.error?.message, runId: line.run_id };
    };
    doctor(first, 'from state.json');
    expect(await resume()).toMatchObject({ code: 0, result: 'from history' });

    writeFileSync(file(first, 'state.json'), '{ torn');
    expect(await resume()).toMatchObject({ code: 1, message: expect.stringContaining('is corrupt and cannot be parsed') as string });
    expect(await resume('--rebuild-state')).toMatchObject({ code: 0, result: 'from history' });
    expect(Object.values(project.state(first).agents).map((node) => node.result)).toEqual(['from history']);

    doctor(first, 'from state.json');
    // A server that never knew the run, as after the end of its retention.
    env['ODW_HOME'] = otherHome = mkdtempSync(join(tmpdir(), 'odw-home-'));
    expect(await resume()).toMatchObject({ code: 0, result: 'from history' });
    rmSync(file(first, 'history.json'));
    const last = await resume();
    expect(last).toMatchObject({ code: 0, result: 'from state.json' });
    expect(project.events(last.runId).map((event) => event['type'])).toContain('agent_skip');
    expect(await resume('--rebuild-state')).toMatchObject({ code: 1, message: expect.stringMatching(/no history of run \S+/) as string });
    rmSync(file(first, 'state.json'));
    expect(await resume()).toMatchObject({ code: 1, message: `run ${first} has neither a history nor a state.json: nothing is left to resume from` });
  });

  it('KEY-07 RES-07 goes on after a run of an older tool: its checkpoints and tokens count, its results do not', async () => {
    project = new Project({ 'a.js': `await agent('x', { id: 'n' }); return [checkpoint.get('c'), budget.spent()]` });
    const dir = '.odw/runs/odw-exec-1-1';
    project.write(
      join(dir, 'run.json'),
      JSON.stringify({
        run_id: 'odw-exec-1-1',
        action: 'exec',
        workflow: join(project.dir, 'a.js'),
        status: 'failed',
        run_dir: project.runDir('odw-exec-1-1'),
      }),
    );
    project.write(join(dir, 'events.jsonl'), '{"type":"launch","ts_ms":1,"run_id":"odw-exec-1-1","backend":"mock"}\n');
    const agent = {
      ok: true,
      index: 1,
      key: 'n',
      fingerprint: 'k3j2h1',
      label: 'agent-1',
      phase: '',
      result: 'old answer',
      tokens: 3,
      ts: '2026-01-01T00:00:00Z',
    };
    project.write(
      join(dir, 'state.json'),
      JSON.stringify({
        agents: { n: agent },
        failedAgents: {},
        checkpoints: { c: { name: 'c', value: 7 } },
        budget: { total: null, spent: 11 },
        error: { message: 'old' },
      }),
    );
    const end = await project.odw(['exec', '--resume', 'odw-exec-1-1', '--no-report']);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('[log] 1 earlier results have no SHA-256 fingerprint and are not reused');
    expect(end.stdout).not.toContain('cached=true');
    expect(project.state(end.runId as string)).toMatchObject({ result: [7, 11] });
    expect(project.state(end.runId as string).error).toBeUndefined();
  });
});

describe('an open run', () => {
  it('RES-02 RETRY-06 takes a new budget and width; a node of a dead host is no new attempt', async () => {
    const source = `const first = await agent('one', { mockTokens: 50, mockDelayMs: 3000 });
      const left = budget.remaining();
      const group = await parallel([1, 2, 3].map((n) => () => agent('n' + n, { mockTokens: 100 })));
      return [first.ok, left, group.length]`;
    project = new Project({ 'a.js': source });
    const host = startOdw(['exec', '--script', 'a.js', '--budget', '60', '--concurrency', '1', '--no-report'], { cwd: project.dir });
    await host.until(/\[node\] start/);
    host.child.kill('SIGKILL');
    const { runId = '' } = await host.end;
    const end = await project.odw(['exec', '--resume', runId, '--budget', '1000', '--concurrency', '3', '--no-report']);
    expect([end.code, end.runId]).toEqual([0, runId]);
    expect(end.stdout).toContain('[log] the run goes on with a budget of 1000 tokens and 3 nodes at once');
    expect(project.state(runId)).toMatchObject({ result: [true, 950, 3], budget: { total: 1000, spent: 350 } });
    expect(project.events(runId).find((event) => event['type'] === 'parallel_start')).toMatchObject({ max: 3 });
    expect(project.run(runId)).toMatchObject({ budget: 1000, concurrency: 3, status: 'completed' });
    const starts = project.events(runId).filter((event) => event['type'] === 'agent_start');
    expect(starts.map((event) => event['attempt'])).toEqual([1, 1, 1, 1]);
    expect(existsSync(file(runId, 'history.json'))).toBe(true);
  });
});
