import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../activities/executor/node-files.ts';
import { openDispatch } from '../../activities/run-node/dispatch-files.ts';
import { writeOutcome } from '../../activities/run-node/outcome-file.ts';
import { withInherited, type Earlier, type Reuse } from '../../cli/exec/earlier.ts';
import { withKept, withLeft } from '../../cli/exec/left-results.ts';
import type { Json } from '../../schemas/json.ts';
import type { Usage } from '../../schemas/limits.ts';
import { nodeRequest, type NodeOutcome, type NodeRequest } from '../../schemas/node.ts';
import { runState } from '../../schemas/state.ts';
import { applyEnd, applyRecord, emptyState } from '../../src/journal/state.ts';
import { LimitBook } from '../../src/limits/limit-book.ts';
import { knownMoney, moneyText, noUsage } from '../../src/limits/usage.ts';
import { EventScript, makeInput } from '../support/journal.ts';
import { makeRunFolder } from '../support/run-folders.ts';

const four: Usage = {
  ...noUsage(),
  agents: 3,
  failures: 2,
  tokens: 900,
  outputTokens: 90,
  wallTime: 60,
  money: { measured: 3.5, estimated: 0.5, unpriced: 1 },
};
const reuse: Reuse = { nodes: {}, checkpoints: {}, spent: 900, approx: false, usage: four };
const resumed = makeInput('/project/.odw/runs/second', { resumedFrom: 'first', reuse });
const hash = (letter: string) => letter.repeat(64);
const measured = (usd: number) => ({ usd, basis: 'measured' as const });

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odw-carried-'));
});
afterEach(() => rmSync(root, { recursive: true, maxRetries: 5 }));

describe('what a lineage used', () => {
  it('BUD-08 LIMIT-01 MONEY-03 stays known when a resumed run ends before any of its nodes tells something', () => {
    const state = emptyState(resumed);
    expect(runState.parse(state).usage).toEqual({ ...four, failures: 0 });
    // An edited script that throws in its first line.
    const script = new EventScript(1000)
      .emit('workflow_start', { name: 'w' }, { budget: { total: null, spent: 900 } })
      .emit('workflow_error', { message: 'x' });
    for (const record of script.records) applyRecord(state, record);
    applyEnd(state, 'failed', 2000);
    expect(runState.parse(state)).toMatchObject({ budget: { spent: 900 }, usage: { tokens: 900, money: { measured: 3.5, estimated: 0.5, unpriced: 1 } } });
  });

  it('MONEY-03 the usage of a state is its own: counting on leaves the input as it was', () => {
    const state = emptyState(resumed);
    state.usage!.money.measured += 7;
    expect(four.money.measured).toBe(3.5);
  });

  it('MONEY-03 the newest word of a run counts, and a run that resumes nothing says nothing', () => {
    const state = emptyState(resumed);
    const more = { ...four, tokens: 1000 } as unknown as { [name: string]: Json };
    for (const record of new EventScript(1).emit('log', {}, { usage: more }).records) applyRecord(state, record);
    expect(state.usage?.tokens).toBe(1000);
    expect(emptyState(makeInput('/project/.odw/runs/first'))).not.toHaveProperty('usage');
  });

  it('BUD-08 MONEY-03 is inherited from before a run that left no word of its own, and never added to one that did', () => {
    const own = (usage?: Usage): Earlier => ({
      reuse: { nodes: {}, checkpoints: {}, spent: 0, approx: false, ...(usage ? { usage } : {}) },
      failed: [],
      active: [],
    });
    expect(withInherited(own(), reuse).reuse).toMatchObject({ spent: 900, usage: four });
    const five = { ...four, money: { measured: 5, estimated: 0.5, unpriced: 1 } };
    expect(withInherited(own(five), reuse).reuse.usage).toEqual(five);
    expect(withInherited(own(), { ...reuse, usage: undefined }).reuse).not.toHaveProperty('usage');
  });

  it.each([
    [0.7, 0.1, 0.8],
    [0.1, 0.7, 0.8],
    [1.1, 2.2, 3.3],
    [0.3, 0.6, 0.9],
  ])('LIMIT-01 MONEY-03 %s measured and %s estimated reach a limit of %s, however computers add', (one, other, max) => {
    const book = new LimitBook();
    book.set('run', { money: max });
    const attempt = { tokens: 1, outputTokens: 1 };
    book.ended(['run'], { ...attempt, cost: measured(one) });
    expect(book.hit(['run'], { total: 0, held: 0 }, true)).toBeUndefined();
    book.ended(['run'], { ...attempt, cost: { usd: other, basis: 'estimated' } });
    expect(book.hit(['run'], { total: 0, held: 0 }, true)).toMatchObject({ code: 'LIMIT_MONEY', used: max });
    expect(knownMoney(book.usage('run'))).toBe(max);
    expect(moneyText(book.usage('run'))).toBe(`~$${max.toFixed(2)}`);
  });
});

describe('results that only a run folder holds', () => {
  const asked = (key: string, change: Partial<NodeRequest> = {}): NodeRequest =>
    nodeRequest.parse({
      ...{
        runId: 'r',
        root,
        runDir: join(root, '.odw/runs/r'),
        key,
        fingerprint: hash('a'),
        index: 4,
        label: 'reader',
        phase: 'Scan',
        attempt: 1,
        maxAttempts: 1,
      },
      ...{ backend: 'pandacode', runtime: 'claude', effort: 'low', timeoutMs: null, session: 's', prompt: 'Read.', autoAnswer: true, ...change },
    });
  const ok = (change: Partial<NodeOutcome> = {}): NodeOutcome => ({
    status: 'ok',
    value: 'done',
    isText: true,
    tokens: 70,
    taken: 'started',
    events: [],
    ...change,
  });
  const none: Earlier = { reuse: { nodes: {}, checkpoints: {}, spent: 10, approx: false }, failed: [], active: [] };
  const metered: Earlier = { ...none, reuse: { ...none.reuse, usage: { ...four, failures: 0 } } };

  async function leave(activity: string, request: NodeRequest, outcome?: NodeOutcome): Promise<void> {
    const files = nodeFiles(request.runDir, activity);
    mkdirSync(files.dir, { recursive: true });
    openDispatch(request, files, request.prompt);
    if (outcome) await writeOutcome(files.outcome, outcome);
  }

  it('RES-13 KEY-05 an answer that no host took is reused, with its place, and its node is no longer under way', async () => {
    await leave('one', asked('agent:x'), ok());
    await leave('two', asked('agent:y'));
    const before = { ...none, active: ['agent:x', 'agent:y'].map((key) => ({ key, label: 'reader', phase: 'Scan' })) };
    const { reuse: found, active } = withLeft(before, join(root, '.odw/runs/r'), { journal: false });
    expect(found.nodes).toEqual({ 'agent:x': { fingerprint: hash('a'), value: 'done', tokens: 70, label: 'reader', phase: 'Scan', index: 4 } });
    expect(active.map(({ key }) => key)).toEqual(['agent:y']);
  });

  it('BUD-08 LIMIT-01 its tokens and its price count on, in the budget and for the limits', async () => {
    await leave('one', asked('agent:x'), ok({ outputTokens: 7, cost: measured(1.25) }));
    await leave('two', asked('agent:y'), ok({ tokens: null }));
    const { reuse: found } = withLeft(metered, join(root, '.odw/runs/r'), { journal: false });
    expect(found).toMatchObject({ spent: 80, approx: true });
    expect(found.usage).toMatchObject({ tokens: 970, outputTokens: 97, unmetered: 1, money: { measured: 4.75, estimated: 0.5, unpriced: 2 } });
    expect([metered.reuse.spent, metered.reuse.usage?.tokens]).toEqual([10, 900]);
    // A folder of a version that did not tell: the spent tokens are all that is known.
    expect(withLeft(none, join(root, '.odw/runs/r'), { journal: false }).reuse).not.toHaveProperty('usage');
  });

  it('FAIL-04 SCH-10 what cannot be read is no result, and counts as nothing', async () => {
    await leave('torn', asked('agent:t'), ok());
    writeFileSync(nodeFiles(join(root, '.odw/runs/r'), 'torn').outcome, '{"status":"ok","val');
    await leave('strange', asked('agent:s'), ok());
    writeFileSync(nodeFiles(join(root, '.odw/runs/r'), 'strange').dispatch, 'null');
    expect(withLeft(metered, join(root, '.odw/runs/r'), { journal: true })).toBe(metered);
    expect(withLeft(metered, join(root, '.odw/runs/nowhere'), { journal: true })).toBe(metered);
  });

  it('FAIL-04 SCH-10 BUD-08 MONEY-03 what failed, did not fit its schema or has no fingerprint is no result, and paid for', async () => {
    await leave('failed', asked('agent:f'), ok({ status: 'failed', cost: measured(1) }));
    await leave('unfit', asked('agent:m'), ok({ status: 'mismatch', cost: measured(0.25) }));
    await leave('old', asked('agent:o', { fingerprint: undefined }), ok());
    const active = ['agent:f', 'agent:m'].map((key) => ({ key, label: 'reader', phase: 'Scan' }));
    const { reuse: found, ...rest } = withLeft({ ...metered, active }, join(root, '.odw/runs/r'), { journal: false });
    expect([found.nodes, rest.active]).toEqual([{}, active]);
    expect(found).toMatchObject({ spent: 220, usage: { tokens: 1110, money: { measured: 4.75, estimated: 0.5, unpriced: 2 } } });
  });

  it('BUD-08 QUOTA-03 of a node without a result counts what its run has not heard of: the journal tells what it has', async () => {
    const node = { key: 'agent:x', index: 4, label: 'reader', phase: 'Scan', maxAttempts: 2 };
    const script = new EventScript(1000)
      .emit('agent_wait', { ...node, attempt: 1, reason: 'quota: claude', tokens: 70 })
      .emit('agent_retry', { ...node, attempt: 1, nextAttempt: 2, reason: 'worker_failed', tokens: 70 });
    const runDir = await makeRunFolder(root, 'r', { events: () => script });
    for (const [n, attempt] of [1, 1, 2].entries()) await leave(`x-${n}`, asked('agent:x', { attempt }), ok({ status: 'failed', cost: measured(attempt) }));
    const { reuse: found } = withLeft(metered, runDir, { journal: false });
    expect([found.spent, found.usage?.money.measured]).toEqual([80, 5.5]);
  });

  it('BUD-08 MONEY-03 RES-13 of a run that cannot be played each dispatch counts once, whether its state, its history or its folder tells of it', async () => {
    const runDir = join(root, '.odw/runs/r');
    const dispatches = {
      told: { request: asked('agent:told'), outcome: ok() },
      failed: { request: asked('agent:failed'), outcome: ok({ status: 'failed', tokens: 30, cost: measured(1) }) },
      unheard: { request: asked('agent:unheard'), outcome: ok({ tokens: 40, cost: measured(2) }) },
    };
    for (const [name, { request, outcome }] of Object.entries(dispatches)) await leave(name, request, outcome);
    const gone = { request: asked('agent:gone'), outcome: ok({ tokens: 5 }) };
    const kept = [...Object.values(dispatches), gone].map((one, i) => ({ activityId: `a-${i}`, ...one }));
    const told = { fingerprint: hash('a'), value: 'done', tokens: 70, label: 'reader' };
    const state = { ...none, reuse: { ...metered.reuse, spent: 70, nodes: { 'agent:told': told } } };
    const { reuse: found } = withKept(state, kept, runDir);
    expect(Object.keys(found.nodes).sort()).toEqual(['agent:gone', 'agent:told', 'agent:unheard']);
    expect([found.spent, found.usage?.tokens, found.usage?.money.measured]).toEqual([145, 970, 6.5]);
    // What the run took over counts in its state alone.
    expect(withKept({ ...state, reuse: { ...state.reuse, spent: 970 } }, kept, runDir).reuse.spent).toBe(1040);
    // Without a state the history says all, once.
    expect(withKept({ ...none, reuse: { ...none.reuse, spent: 0 } }, kept, runDir).reuse.spent).toBe(145);
    const active = ['agent:gone', 'agent:failed'].map((key) => ({ key, label: 'reader', phase: 'Scan' }));
    expect(withKept({ ...state, active }, kept, runDir).active.map(({ key }) => key)).toEqual(['agent:failed']);
  });

  it('MONEY-03 a played node says nothing of its price, and costs nothing', async () => {
    await leave('one', asked('agent:x', { backend: 'mock' }), ok({ taken: 'mock' }));
    await leave('two', asked('agent:y', { backend: 'mock' }), ok({ taken: 'mock', cost: measured(0.5) }));
    const { reuse: found } = withLeft(metered, join(root, '.odw/runs/r'), { journal: false });
    expect(found.usage?.money).toEqual({ measured: 4, estimated: 0.5, unpriced: 1 });
  });

  it('KEY-05 BUD-08 what the state knows already is neither replaced nor counted twice', async () => {
    await leave('one', asked('agent:x'), ok({ cost: measured(1) }));
    await leave('two', asked('agent:y'), ok({ cost: measured(1) }));
    const known = { fingerprint: hash('b'), value: 'newer', tokens: 1, label: 'reader' };
    const own = { ...metered, reuse: { ...metered.reuse, nodes: { 'agent:x': known } }, failed: [{ key: 'agent:y', label: 'reader', phase: 'Scan' }] };
    expect(withLeft(own, join(root, '.odw/runs/r'), { journal: false })).toBe(own);
  });

  it('CTRL-05 of two dispatches of one node the later answer counts, once', async () => {
    await leave('node-1', asked('agent:x'), ok({ value: 'first', cost: measured(1) }));
    await leave('node-2', asked('agent:x'), ok({ value: 'second', cost: measured(2) }));
    const { reuse: found } = withLeft(metered, join(root, '.odw/runs/r'), { journal: false });
    expect(found.nodes['agent:x']?.value).toBe('second');
    expect([found.spent, found.usage?.money.measured]).toEqual([80, 5.5]);
  });

  it('RES-08 RES-13 without a history the journal tells what state.json does not know yet, as far as keys tell fingerprints', async () => {
    const key = `agent:${hash('c')}`;
    const node = { index: 2, label: 'l', phase: 'P', attempt: 1, maxAttempts: 1 };
    const kinds = { input: 50, cachedInput: 0, cacheWrite: 0, output: 5, reasoning: 0 };
    const runDir = await makeRunFolder(root, 'r', {
      events: () =>
        new EventScript(1000)
          .emit('agent_done', { ...node, key, ok: true, result: 'A', tokens: 55, usage: kinds, cost: measured(0.2) })
          .emit('agent_done', { ...node, key: `${key}#2`, ok: true, result: { b: 1 }, tokens: 20, usage: null, outputTokens: null, cost: null })
          .emit('agent_done', { ...node, key: `${key}#3`, ok: true, tokens: null })
          .emit('agent_done', { ...node, key: `agent:${hash('d')}`, ok: false, result: 'no' })
          .emit('agent_done', { ...node, key: 'named-by-its-author', ok: true, result: 'C', tokens: 1 })
          .emit('agent_done', { ...node, key: 'agent:1x7f', ok: true, result: 'D', tokens: 1 }),
    });
    expect(withLeft(metered, runDir, { journal: false })).toBe(metered);
    const { reuse: found } = withLeft(metered, runDir, { journal: true });
    expect(Object.entries(found.nodes).map(([name, { value, fingerprint }]) => [name, value, fingerprint])).toEqual([
      [key, 'A', hash('c')],
      [`${key}#2`, { b: 1 }, hash('c')],
      [`${key}#3`, null, hash('c')],
    ]);
    expect(found).toMatchObject({ spent: 85, approx: true });
    // Its own split, no split, and a played node, which costs nothing.
    expect(found.usage).toMatchObject({ tokens: 975, outputTokens: 115, unmetered: 1, unsplit: 1, money: { measured: 3.7, unpriced: 2 } });
  });
});
