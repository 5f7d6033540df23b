import { makeInput, project } from './journal.ts';
import { RunStory, sampleDiff } from './run-story.ts';

const models = [
  ['claude', 'claude-opus-4-6'],
  ['codex', 'gpt-5-codex'],
  ['bamboo', 'deepseek-v4-pro'],
] as const;

/** Three nodes, one after another; one changed files. */
export function smallRun() {
  const input = makeInput('/project/.odw/runs/odw-exec-1772355600000-4711');
  const t = input.startedMs;
  const story = new RunStory(input);
  story.at(t, 'phase', { title: 'Plan', detail: 'read the code' });
  story.node({ label: 'plan', phase: 'Plan', prompt: 'alpha task', runtime: 'codex', model: 'gpt-5-codex', startMs: t + 400, tookMs: 21_000, tokens: 18_200 });
  story.at(t + 22_000, 'phase', { title: 'Build', detail: '' }).at(t + 22_000, 'log', { message: 'the plan has 2 steps' });
  const worktree = { changed: true, files: ['docs/auth.md', 'src/auth/session.ts'], diff: sampleDiff, diffFile: 'diffs/agent-2.patch', base: 'abc' };
  story.node({
    label: 'implement session expiry',
    phase: 'Build',
    prompt: 'Let sessions end a day after their last use. Add a page to the docs.\n\nKeep the public interface as it is.',
    model: 'claude-opus-4-6',
    startMs: t + 22_500,
    tookMs: 94_000,
    tokens: 181_000,
    result: { text: 'Sessions now end after a day.\n\nI added docs/auth.md and three tests.', worktree },
  });
  story.node({
    label: 'review',
    phase: 'Review',
    prompt: 'Review the change.',
    model: 'claude-opus-4-6',
    startMs: t + 117_000,
    tookMs: 38_000,
    tokens: 42_500,
  });
  story.at(t + 156_000, 'workflow_done', { name: 'nightly-audit', result: { ok: true, summary: 'One change, reviewed.', files: 2 } });
  return project(input, story.events().records, { status: 'completed', code: 0 });
}

/** About `count` nodes in four phases: a plan, a fan-out, a pipeline of two stages, a report. Some failed, were retried or were cached. */
export function largeRun(count: number, exit: { status: 'completed' | 'failed' | 'cancelled'; code: number } = { status: 'completed', code: 0 }) {
  const input = makeInput('/project/.odw/runs/odw-exec-1772355600000-4712');
  const t = input.startedMs;
  const story = new RunStory(input);
  const pick = () => models[Math.floor(story.random() * models.length)]!;
  story.at(t, 'phase', { title: 'Plan', detail: '' });
  story.node({ label: 'list modules', phase: 'Plan', prompt: 'List all modules.', startMs: t + 300, tookMs: 12_000, tokens: 9000 });
  const scans = Math.floor(count * 0.5);
  const items = Math.floor((count - scans - 2) / 2);
  const fan = makeLanes(t + 13_000, 16);
  const fanNodes = Array.from({ length: scans }, (_, item) => ({ item, ...fan(4000 + story.random() * 40_000), model: pick() }));
  const fanEnd = Math.max(...fanNodes.map((one) => one.startMs + one.tookMs)) + 10;
  const g1 = story.group('parallel', { label: 'scan', phase: 'Scan', count: scans, max: 16 }, t + 13_000, fanEnd, false);
  for (const { item, startMs, tookMs, model } of fanNodes) {
    const chance = story.random();
    story.node({
      label: `scan module-${String(item + 1).padStart(3, '0')}`,
      phase: 'Scan',
      prompt: `Look for unsafe input handling in module ${item + 1}.`,
      runtime: model[0],
      model: model[1],
      startMs,
      tookMs,
      tokens: Math.floor(5000 + story.random() * 60_000),
      place: { group: g1, item },
      ...(chance < 0.04
        ? { fails: chance < 0.02 ? 'pandacode_timeout' : 'schema_mismatch' }
        : chance < 0.1
          ? { retried: 'rate_limit' }
          : chance < 0.18
            ? { cached: true }
            : {}),
    });
  }
  const lanes = makeLanes(fanEnd + 100, 16);
  const pairs = Array.from({ length: items }, () => ({ first: 3000 + story.random() * 20_000, second: 2000 + story.random() * 15_000 }));
  const placed = pairs.map(({ first, second }) => ({ first, second, startMs: lanes(first + second + 5).startMs }));
  const pipeEnd = Math.max(...placed.map((one) => one.startMs + one.first + one.second + 5)) + 10;
  const g2 = story.group('pipeline', { label: 'pipeline', phase: 'Verify', count: items, stages: 2, max: 16 }, fanEnd + 50, pipeEnd);
  placed.forEach(({ first, second, startMs }, item) => {
    const [runtime, model] = pick();
    story.node({
      label: `refute-${item + 1}`,
      phase: 'Verify',
      prompt: `Try to refute finding ${item + 1}.`,
      runtime,
      model,
      startMs,
      tookMs: first,
      tokens: 8000,
      place: { group: g2, item, stage: 0 },
    });
    const failed = story.random() < 0.03 ? { fails: 'quota' } : {};
    story.node({
      label: `verify-${item + 1}`,
      phase: 'Verify',
      prompt: `Verify finding ${item + 1}.`,
      startMs: startMs + first + 5,
      tookMs: second,
      tokens: 6000,
      place: { group: g2, item, stage: 1 },
      ...failed,
    });
  });
  const endMs = pipeEnd + 31_000;
  if (exit.status === 'cancelled') {
    story.node({ label: 'write report', phase: 'Report', prompt: 'Write it.', startMs: pipeEnd + 1000, tookMs: 30_000, open: true });
  } else {
    story.node({ label: 'write report', phase: 'Report', prompt: 'Write it.', startMs: pipeEnd + 1000, tookMs: 30_000, tokens: 44_000 });
    if (exit.status === 'failed') story.at(endMs, 'workflow_error', { message: 'Error: too many findings\n    at main (audit.js:41:9)' });
    else story.at(endMs, 'workflow_done', { name: 'nightly-audit', result: { findings: 41, confirmed: 12 } });
  }
  return project(input, story.events().records, exit);
}

/** Gives each piece of work the lane that is free first. */
function makeLanes(startMs: number, width: number) {
  const free = Array.from({ length: width }, () => startMs);
  return (tookMs: number) => {
    const at = free.indexOf(Math.min(...free));
    const start = Math.round(free[at]!);
    free[at] = start + tookMs + 20;
    return { startMs: start, tookMs: Math.round(tookMs) };
  };
}
