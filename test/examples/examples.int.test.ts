import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { Project, startOdw } from '../support/odw.ts';

const folder = fileURLToPath(new URL('../../examples', import.meta.url));
const files = readdirSync(folder).filter((name) => /\.(js|mjs|ts|mts)$/.test(name));

interface Expected {
  ok: number;
  failed: number;
  checkpoints: string[];
  /** Phases that nodes have, where children bring theirs; else those of the example's own meta. */
  phases?: string[];
}

// What each example comes to on the mock backend: nodes that are ok, nodes that failed, names of checkpoints.
const expected: Record<string, Expected> = {
  'audit.js': { ok: 7, failed: 0, checkpoints: [] },
  'extract.ts': { ok: 5, failed: 0, checkpoints: [] },
  'hello.js': { ok: 3, failed: 0, checkpoints: [] },
  'improve.js': { ok: 7, failed: 0, checkpoints: ['steps'] },
  'judges.js': { ok: 13, failed: 0, checkpoints: [] },
  'migrate.js': { ok: 6, failed: 0, checkpoints: [] },
  'onboard.js': { ok: 5, failed: 0, checkpoints: [] },
  'release.js': { ok: 12, failed: 0, checkpoints: ['reviewed'], phases: ['Check', 'Decide', 'Find', 'Report', 'Review', 'Sum up', 'Verify'] },
  'research.js': { ok: 13, failed: 0, checkpoints: ['claims'] },
  'review.js': { ok: 10, failed: 0, checkpoints: ['reviewed'] },
  'tour.js': { ok: 11, failed: 1, checkpoints: ['fixed'] },
  'translate.js': { ok: 4, failed: 0, checkpoints: ['failed'] },
  'two-agents.js': { ok: 4, failed: 0, checkpoints: [] },
  'wait-for-ci.js': { ok: 4, failed: 0, checkpoints: [] },
  'write-tests.js': { ok: 6, failed: 0, checkpoints: [] },
};

let project: Project;
// The first command that needs the server would say that it starts it.
beforeAll(() => ensureEngine());
// A git repository that holds the examples, as a clone does.
beforeEach(() => {
  project = new Project(Object.fromEntries(files.map((name) => [`examples/${name}`, readFileSync(join(folder, name), 'utf8')]))).git();
});
afterEach(() => project.remove());

const example = (name: string) => join(project.dir, 'examples', name);

async function metaOf(name: string) {
  const { meta, metaIsLiteral } = await compileScript({ path: example(name), source: readFileSync(example(name), 'utf8') });
  expect(metaIsLiteral).toBe(true);
  return meta;
}

describe('examples', () => {
  it('each file has an expectation here, and each expectation a file', () => {
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it('lint finds nothing in any of them', async () => {
    const end = await project.odw(['lint', ...files.map(example), '--json']);
    expect(JSON.parse(end.stdout)).toEqual({ ok: true, findings: [] });
  });

  it.each(files)('%s runs on the mock backend as expected, without a warning, in the phases of its meta', async (name) => {
    const { ok, failed, checkpoints, phases } = expected[name]!;
    const meta = await metaOf(name);
    expect(meta.description).toMatch(/\.$/);
    const end = await project.odw(['exec', '--script', example(name), '--concurrency', '4']);
    expect(end.stderr).toMatch(failed > 0 ? /^(\[odw\] failed: [^\n]+\n)+$/ : /^$/);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain(`[workflow] start ${basename(name, extname(name))} backend=mock`);
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
    const seen = new Set(project.events(runId).flatMap((event) => (event['type'] === 'agent_start' ? [event['phase']] : [])));
    expect([...seen].sort()).toEqual(phases ?? meta.phases.map((phase) => phase.title).sort());
  });
});

describe('what the examples are there to show', () => {
  it('BUD-02 improve.js keeps the share of the report: with a budget for two rounds it makes two', async () => {
    const end = await project.odw(['exec', '--script', example('improve.js'), '--budget', '200000', '--json']);
    expect(end.code).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ steps: [{ change: 'improvement 1' }, { change: 'improvement 2' }], spent: 128_000, exact: true });
  });

  it('KEY-01 RES-03 translate.js, resumed with one more page, asks for that page alone, and its nodes have readable keys', async () => {
    const input = (pages: string[]) => JSON.stringify({ language: 'French', pages });
    const first = await project.odw(['exec', '--script', example('translate.js'), '--input', input(['docs/a.md', 'docs/b.md'])]);
    expect(first.code).toBe(0);
    const second = await project.odw(['exec', '--resume', 'latest', '--input', input(['docs/c.md', 'docs/b.md', 'docs/a.md'])]);
    expect(second.code).toBe(0);
    const state = project.state(second.runId!);
    expect(Object.keys(state.agents).sort()).toEqual(['French:docs/a.md', 'French:docs/b.md', 'French:docs/c.md', 'glossary:French']);
    expect(project.run(second.runId!)['census']).toMatchObject({ ok: 1, cached: 3 });
    expect(project.events(second.runId!).flatMap((event) => (event['type'] === 'agent_start' ? [event['key']] : []))).toEqual(['French:docs/c.md']);
  });

  it('migrate.js leaves what does not pass its check, and its patches apply to the commit that is checked out', async () => {
    const end = await project.odw(['exec', '--script', example('migrate.js'), '--json-envelope']);
    const { result, run_dir: runDir } = JSON.parse(end.stdout) as { result: { patches: string[]; left: unknown[] }; run_dir: string };
    expect(result.left).toEqual([{ file: 'src/cache.js', accepted: false, reason: 'not changed, or `npm test` does not pass' }]);
    expect(result.patches).toHaveLength(2);
    for (const patch of result.patches) execFileSync('git', ['apply', '--index', '--binary', join(runDir, patch)], { cwd: project.dir });
    expect(readFileSync(join(project.dir, 'src/server.js'), 'utf8')).toBe('mock change by migrate src/server.js');
  });

  it('DIAL-17 onboard.js runs by the rules of Claude Code: a chapter whose agent failed is left out', async () => {
    project.write('examples/onboard.js', readFileSync(example('onboard.js'), 'utf8').replace('{ label: part,', "{ label: part, mockFail: part === 'engine',"));
    const end = await project.odw(['exec', '--script', example('onboard.js')]);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('[log] 2 of 3 chapters');
    expect(project.run(end.runId!)).toMatchObject({ dialect: 'claude', census: { ok: 4, failed: 1 } });
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
