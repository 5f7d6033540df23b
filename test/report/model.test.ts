import { describe, expect, it } from 'vitest';
import { runGraph, type GraphBlock } from '../../src/report/graph.ts';
import { readGroups } from '../../src/report/groups.ts';
import { reportModel } from '../../src/report/model.ts';
import { makeInput, project } from '../support/journal.ts';
import { RunStory } from '../support/run-story.ts';
import { largeRun, smallRun } from '../support/sample-runs.ts';

const input = makeInput('/project/.odw/runs/run-1', { startedMs: 1000 });
const done = { status: 'completed', code: 0 } as const;
const of = (story: RunStory, exit: Parameters<typeof project>[2] = done) => reportModel(project(input, story.events().records, exit));

/** The graph with labels in place of positions. */
function shape(blocks: GraphBlock[], labels: string[]): unknown {
  return blocks.map((block) => (typeof block === 'number' ? labels[block] : { [block.kind]: block.lanes.map((lane) => shape(lane, labels)) }));
}

function graphOf(story: RunStory): unknown {
  const model = of(story);
  return shape(
    model.graph,
    model.nodes.map((node) => node.label),
  );
}

describe('graph', () => {
  const node = (story: RunStory, label: string, startMs: number, place = {}) => story.node({ label, phase: '', prompt: 'x', startMs, tookMs: 10, place });

  it('RPT-04 nodes one after another stand in a row', () => {
    const story = new RunStory(input);
    node(story, 'a', 1000);
    node(story, 'b', 1020);
    expect(graphOf(story)).toEqual(['a', 'b']);
  });

  it('RPT-04 nodes that overlap without a group stand beside each other', () => {
    const story = new RunStory(input);
    node(story, 'a', 1000);
    node(story, 'b', 1020);
    node(story, 'c', 1025);
    node(story, 'd', 1050);
    expect(graphOf(story)).toEqual(['a', { concurrent: [['b'], ['c']] }, 'd']);
  });

  it('RPT-04 concurrent and nested groups join where they belong', () => {
    const story = new RunStory(input);
    node(story, 'plan', 1000);
    const outer = story.group('parallel', { label: 'outer', phase: '', count: 2, max: 2 }, 1020, 1100);
    node(story, 'a', 1021, { group: outer, item: 0 });
    const inner = story.group('parallel', { label: 'inner', phase: '', count: 2, max: 2, group: outer, item: 1 }, 1022, 1060);
    node(story, 'b1', 1023, { group: inner, item: 0 });
    node(story, 'b2', 1023, { group: inner, item: 1 });
    node(story, 'c', 1070, { group: outer, item: 1 });
    node(story, 'end', 1110);
    expect(graphOf(story)).toEqual(['plan', { parallel: [['a'], [{ parallel: [['b1'], ['b2']] }, 'c']] }, 'end']);
  });

  it('RPT-04 two groups at the same time stand beside each other', () => {
    const story = new RunStory(input);
    const g1 = story.group('parallel', { label: 'one', phase: '' }, 1010, 1050);
    const g2 = story.group('parallel', { label: 'two', phase: '' }, 1011, 1050);
    node(story, 'a', 1020, { group: g1, item: 0 });
    node(story, 'b', 1021, { group: g2, item: 0 });
    expect(graphOf(story)).toEqual([{ concurrent: [[{ parallel: [['a']] }], [{ parallel: [['b']] }]] }]);
  });

  it('RPT-04 pipeline stages appear in sequence per item, whatever their times', () => {
    const story = new RunStory(input);
    const g = story.group('pipeline', { label: 'pipeline', phase: '', count: 2, stages: 2, max: 2 }, 1010, 1100);
    for (const [label, startMs, item, stage] of [
      ['a0', 1020, 0, 0],
      ['b0', 1020, 1, 0],
      ['a1', 1030, 0, 1],
      ['b1', 1029, 1, 1],
    ] as const) {
      node(story, label, startMs, { group: g, item, stage });
    }
    expect(graphOf(story)).toEqual([
      {
        pipeline: [
          ['a0', 'a1'],
          ['b0', 'b1'],
        ],
      },
    ]);
  });

  it('RPT-04 every node is drawn exactly once', () => {
    const { events } = largeRun(1000);
    const model = reportModel(largeRun(1000));
    const flat = (blocks: GraphBlock[]): number[] => blocks.flatMap((block) => (typeof block === 'number' ? [block] : flat(block.lanes.flat())));
    const drawn = flat(runGraph(model.nodes, readGroups(events), model.run.endMs));
    expect(drawn.sort((a, b) => a - b)).toEqual(model.nodes.map((_, n) => n));
  });
});

describe('mermaid', () => {
  it('RPT-01 has start, fork, agents, join and end', () => {
    const story = new RunStory(input);
    const g = story.group('parallel', { label: 'fan', phase: '' }, 1010, 1050);
    story.node({ label: 'a', phase: '', prompt: 'x', startMs: 1020, tookMs: 5, place: { group: g, item: 0 } });
    story.node({ label: 'b', phase: '', prompt: 'x', startMs: 1020, tookMs: 5, place: { group: g, item: 1 } });
    expect(of(story).mermaid.split('\n').slice(0, 13)).toEqual([
      'flowchart TB',
      '  start(["start"])',
      '  g1{{"parallel fan"}}',
      '  start --> g1',
      '  n2["a · opus"]:::ok',
      '  g1 --> n2',
      '  n3["b · opus"]:::ok',
      '  g1 --> n3',
      '  j4(("join"))',
      '  n2 --> j4',
      '  n3 --> j4',
      '  finish(["end"])',
      '  j4 --> finish',
    ]);
  });

  it('RPT-04 RPT-06 ids are generated and labels cannot leave their quotes', () => {
    const story = new RunStory(input);
    const labels = ['start', 'end', 'a-b', 'a_b', '"]; click x "javascript:alert(1)', '`**x**`', '<b>\n%%{init:{}}%%'];
    labels.forEach((label, i) => story.node({ label, phase: '', prompt: 'x', startMs: 1000 + i * 20, tookMs: 5 }));
    const drawn = of(story)
      .mermaid.split('\n')
      .filter((line) => /^ {2}n\d+\[/.test(line));
    expect(drawn).toHaveLength(labels.length);
    expect(new Set(drawn.map((line) => line.trim().split('[')[0])).size).toBe(labels.length);
    for (const line of drawn) expect(line).toMatch(/^ {2}n\d+\["[^"\\`<>;(){}|[\]%]*(;[^"\\`<>(){}|[\]%]*)*"\]:::ok$/);
    expect(drawn[4]).toContain('#34;#93;#59; click');
  });

  it('folds large groups in a large run', () => {
    const lines = reportModel(largeRun(1000)).mermaid.split('\n');
    expect(lines.length).toBeLessThan(30);
    expect(lines.join('\n')).toContain('[["parallel scan: 500 nodes"]]');
  });
});

describe('tokens', () => {
  it('RPT-02 RPT-08 tokens of failed and retried attempts belong to their model', () => {
    const story = new RunStory(input);
    story.node({ label: 'a', phase: '', prompt: 'x', model: 'm1', startMs: 1000, tookMs: 100, tokens: 1000, retried: 'rate_limit' });
    story.node({ label: 'b', phase: '', prompt: 'x', model: 'm2', startMs: 1000, tookMs: 100, tokens: 50, fails: 'quota' });
    const model = of(story);
    expect(model.tokens).toEqual({
      total: 1350,
      approx: false,
      budget: null,
      byModel: [
        { model: 'm1', tokens: 1300, nodes: 1 },
        { model: 'm2', tokens: 50, nodes: 1 },
      ],
    });
    expect(model.nodes[0]).toMatchObject({
      tokens: 1300,
      attempts: [
        { attempt: 1, outcome: 'retry', reason: 'rate_limit', tokens: 300 },
        { attempt: 2, outcome: 'ok' },
      ],
    });
  });

  it('RPT-02 a model that nobody named is the default of its runtime', () => {
    const story = new RunStory(input).node({ label: 'a', phase: '', prompt: 'x', runtime: 'codex', model: 'inherit', startMs: 1000, tookMs: 10, tokens: 5 });
    expect(of(story).tokens.byModel).toEqual([{ model: 'codex (default model)', tokens: 5, nodes: 1 }]);
  });

  it('RPT-02 what no attempt accounts for is a line of its own, and an approximate sum is marked', () => {
    const story = new RunStory(input).node({ label: 'a', phase: '', prompt: 'x', model: 'm1', startMs: 1000, tookMs: 10, tokens: null });
    const run = project(input, story.events().records, done);
    run.state.budget.spent = 40;
    expect(reportModel(run).tokens).toEqual({
      total: 40,
      approx: true,
      budget: null,
      byModel: [
        { model: 'm1', tokens: 0, nodes: 1 },
        { model: 'other (retries/overhead)', tokens: 40, nodes: 0 },
      ],
    });
  });
});

describe('outcome', () => {
  const story = () => new RunStory(input).node({ label: 'a', phase: '', prompt: 'x', startMs: 1000, tookMs: 10 });

  it('RPT-05 shows the real status', () => {
    const ended = (result: object) => story().at(2000, 'workflow_done', { name: 'n', result: result as never });
    expect(of(ended({ ok: true })).outcome).toMatchObject({ kind: 'ok', status: 'completed' });
    expect(of(ended({ ok: false })).outcome).toMatchObject({ kind: 'failed', status: 'failed', note: 'the script returned ok:false' });
    expect(of(story().at(2000, 'workflow_error', { message: 'Error: x' })).outcome).toMatchObject({
      kind: 'failed',
      note: 'the script threw',
      error: { text: 'Error: x' },
    });
    const limited = project(input, story().at(2000, 'workflow_error', { message: '1 node failed' }).events().records, { status: 'failed', code: 1 });
    const error = { category: 'LIMIT_FAILURES', message: '1 node failed' };
    expect(reportModel({ ...limited, run: { ...limited.run, error } }).outcome).toMatchObject({ kind: 'failed', note: 'a limit was reached' });
    expect(of(story(), { status: 'cancelled', code: 1 }).outcome).toMatchObject({ kind: 'cancelled', status: 'cancelled' });
    expect(of(story(), { status: 'failed', code: 1 }).outcome).toMatchObject({ kind: 'failed' });
    expect(of(story().node({ label: 'b', phase: '', prompt: 'x', startMs: 1000, tookMs: 10, fails: 'quota' })).outcome).toMatchObject({
      kind: 'mixed',
      note: 'with 1 failed node',
    });
  });

  it('RPT-05 a run without an end is running, and one without a host is interrupted', () => {
    const open = story().node({ label: 'b', phase: '', prompt: 'x', startMs: 1005, tookMs: 10, open: true });
    const run = project(input, open.events().records);
    expect(reportModel(run).outcome.kind).toBe('running');
    expect(reportModel(run).nodes[1]!.status).toBe('running');
    const interrupted = reportModel({ ...run, run: { ...run.run, status: 'interrupted' } });
    expect(interrupted.outcome).toMatchObject({ kind: 'open', status: 'interrupted', note: 'goes on with: odw exec --resume run-1' });
    expect(interrupted.nodes[1]!.status).toBe('unfinished');
  });

  it('RPT-05 the exit record beats a run.json that was not written any more', () => {
    const run = project(input, story().events().records, done);
    expect(reportModel({ ...run, run: { ...run.run, status: 'interrupted' } }).outcome.status).toBe('completed');
  });
});

describe('nodes', () => {
  it('RPT-04 a skipped node keeps its prompt', () => {
    const model = of(new RunStory(input).node({ label: 'a', phase: 'P', prompt: 'alpha', startMs: 1000, tookMs: 0, cached: true }));
    expect(model.nodes[0]).toMatchObject({ status: 'skip', prompt: 'alpha', attempts: [], tokens: null });
    expect(model.census).toMatchObject({ cached: 1, ok: 0 });
  });

  it('takes the diff out of the result and cuts what is too long for the page', () => {
    const diff = `diff --git a/x b/x\n${'+line\n'.repeat(100_000)}`;
    const story = new RunStory(input).node({
      label: 'a',
      phase: '',
      prompt: 'x',
      startMs: 1000,
      tookMs: 10,
      result: { text: 'T', worktree: { changed: true, files: ['x'], diff } },
    });
    const [node] = of(story).nodes;
    expect(node!.result).toEqual({ text: 'T' });
    expect(node!.worktree).toMatchObject({ changed: true, files: ['x'], diff: { cutFrom: diff.length } });
    expect(node!.worktree!.diff.text.length).toBe(256_000);
  });

  it('RPT-06 links to nothing but web pages', () => {
    const run = smallRun();
    expect(reportModel(run).run.ui).toBe('http://127.0.0.1:8233');
    expect(reportModel({ ...run, run: { ...run.run, ui: 'javascript:alert(1)' } }).run.ui).toBeNull();
  });

  it('RUN-03 the census adds up to the nodes that ended', () => {
    const model = reportModel(largeRun(1000));
    expect(Object.values(model.census).reduce((sum, n) => sum + n, 0)).toBe(model.nodes.length);
    expect(model.census.cached).toBeGreaterThan(0);
    expect(model.census.timeout).toBeGreaterThan(0);
    expect(model.census.schemaInvalid).toBeGreaterThan(0);
  });

  it('reads journals without group ids and with unknown events', () => {
    const run = smallRun();
    const stranger = { type: 'script_stream', seq: 99, ts_ms: 1, stream: 'stdout', summary: '', raw: { type: 'agent_future', ts: '', key: 'k' } } as const;
    const model = reportModel({ ...run, events: [...run.events, stranger, { ...stranger, raw: 'plain text' }] });
    expect(model.nodes).toHaveLength(4);
  });
});
