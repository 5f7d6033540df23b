import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { Project, startOdw } from '../support/odw.ts';

const folder = fileURLToPath(new URL('../../examples', import.meta.url));
const files = readdirSync(folder).filter((name) => /\.(js|mjs|ts|mts)$/.test(name));

// What each example comes to on the mock backend: nodes that are ok, nodes that failed, names of checkpoints.
const expected: Record<string, { ok: number; failed: number; checkpoints: string[] }> = {
  'audit.js': { ok: 7, failed: 0, checkpoints: [] },
  'hello.js': { ok: 3, failed: 0, checkpoints: [] },
  'review.js': { ok: 10, failed: 0, checkpoints: ['reviewed'] },
  'tour.js': { ok: 11, failed: 1, checkpoints: ['fixed'] },
};

let project: Project;
// The first command that needs the server would say that it starts it.
beforeAll(() => ensureEngine());
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const example = (name: string) => join(folder, name);

async function metaOf(name: string) {
  const { meta, metaIsLiteral } = await compileScript({ path: example(name), source: readFileSync(example(name), 'utf8') });
  expect(metaIsLiteral).toBe(true);
  return meta;
}

describe('examples', () => {
  it('each file has an expectation here, and each expectation a file', () => {
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(files)('%s runs on the mock backend as expected, without a warning, in the phases of its meta', async (name) => {
    const { ok, failed, checkpoints } = expected[name]!;
    const end = await project.odw(['exec', '--script', example(name), '--concurrency', '4']);
    expect(end.stderr).toBe('');
    expect(end.code).toBe(0);
    expect(end.stdout).toContain(`[workflow] start ${basename(name, '.js')} backend=mock`);
    const runId = end.runId!;
    const run = project.run(runId);
    expect(run.status).toBe('completed');
    expect(run['census']).toMatchObject({ ok, failed });
    const state = project.state(runId);
    expect(Object.keys(state.agents)).toHaveLength(ok);
    expect(Object.keys(state.failedAgents)).toHaveLength(failed);
    expect(Object.keys(state.checkpoints)).toEqual(checkpoints);
    expect(readFileSync(join(project.runDir(runId), 'report.html'), 'utf8')).toContain('flowchart TB');
    // An option without effect, or a value that was ignored, would be a log line.
    expect(project.events(runId).filter((event) => /not known|ignored/.test(String(event['message'])))).toEqual([]);
    const phases = new Set(project.events(runId).flatMap((event) => (event['type'] === 'agent_start' ? [event['phase']] : [])));
    expect([...phases].sort()).toEqual((await metaOf(name)).phases.map((phase) => phase.title).sort());
  });
});

describe('what the README says of the examples', () => {
  it('audit.js takes its files from the input, one chain of two agents for each', async () => {
    const end = await project.odw(['exec', '--script', example('audit.js'), '--input', '{"files":["a.js","b.js"]}', '--json-envelope']);
    expect(JSON.parse(end.stdout)).toMatchObject({ status: 'completed', census: { ok: 5 } });
  });

  it('review.js leaves findings unverified when its budget is nearly spent', async () => {
    const end = await project.odw(['exec', '--script', example('review.js'), '--budget', '10000', '--json']);
    expect(end.code).toBe(0);
    const { reviewed } = JSON.parse(end.stdout) as { reviewed: object[] };
    expect(reviewed.map((one) => Object.keys(one))).toEqual(Array(4).fill(['side', 'unverified']));
  });

  it('RES-02 RES-13 tour.js, killed in the middle, goes on where it was, no node ends twice; once ended, only the failed node runs again', async () => {
    const first = startOdw(['exec', '--script', example('tour.js'), '--concurrency', '4'], { cwd: project.dir });
    await first.until(/\[node\] done Fix/);
    first.child.kill('SIGKILL');
    const { runId } = await first.end;
    const second = await project.odw(['exec', '--resume', 'latest']);
    expect(second.code).toBe(0);
    expect(second.runId).toBe(runId);
    expect(project.run(runId!)).toMatchObject({ status: 'completed', census: { ok: 11, failed: 1, cached: 0 } });
    const done = project.events(runId!).flatMap((event) => (event['type'] === 'agent_done' ? [event['key']] : []));
    expect(done).toHaveLength(12);
    expect(new Set(done).size).toBe(12);

    const third = await project.odw(['exec', '--resume', 'latest']);
    expect(third.runId).not.toBe(runId);
    expect(project.run(third.runId!)).toMatchObject({ status: 'completed', resumed_from: runId, census: { ok: 0, failed: 1, cached: 11 } });
  });

  it('RES-03 KEY-05 hello.js with one prompt edited runs that agent and the one that reads its answer', async () => {
    const source = readFileSync(example('hello.js'), 'utf8');
    const path = project.write('hello.js', source);
    const first = await project.odw(['exec', '--script', path]);
    expect(first.code).toBe(0);
    project.write('hello.js', source.replace('three riskiest', 'five riskiest'));
    const second = await project.odw(['exec', '--resume', 'latest']);
    expect(second.code).toBe(0);
    expect(second.runId).not.toBe(first.runId);
    const labels = (type: string) => project.events(second.runId!).flatMap((event) => (event['type'] === type ? [event['label']] : []));
    expect(labels('agent_skip')).toEqual(['files']);
    expect(labels('agent_start')).toEqual(['risks', 'overview']);
  });
});
