import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../docs/markdown.ts';
import { CompatProject, type Fields, type SeenRun } from './harness.ts';

const script = `export const meta = { name: 'all', phases: [{ title: 'P' }], whenToUse: 'always' };
phase('P', 'the detail'); log('hello'); checkpoint('c', 1);
promptSlot('slot', { a: 1, b: 2 }, 'suggested');
await workflow('child'); try { await workflow('broken') } catch {}
await agent('fine', { label: 'fine', agentType: 'writer', effort: 'high', timeout: 60, maxAttempts: 2, schema: { type: 'object', title: 'any' } });
await agent('asks', { label: 'asks', session: 'asks' });
await agent('mismatch', { label: 'mismatch', schema: { type: 'object', title: 'strict', required: ['a'] }, retry: { maxAttempts: 2, backoff: 0 } });
await parallel([() => 1, () => { throw new Error('bad item') }], { label: 'group' });
await pipeline([1], () => { throw new Error('bad stage') });
await agent('tree', { label: 'tree', isolation: 'worktree', session: 'unsaved' });
return { done: true }`;

// Asks once in the session "asks", and puts a folder where the report of the session "unsaved" belongs.
const executor = `#!/bin/sh
say() { printf '%s\\n' "$1"; }
case "$*" in
  *" answer "*) say '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"went on"}';;
  *"--session asks"*) say '{"ok":true,"state":"waiting_for_user","runtime":"claude","last_agent_message":"which one?"}';;
  *"--session unsaved"*) task=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/'); mkdir "$(dirname "$task")/pandacode-claude-unsaved.report.json"
    echo change > change.txt; say '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"changed"}';;
  *) say '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"{}","summary":{"model":"real-model","usage":{"total_tokens":5}}}';;
esac
`;

const text = expect.any(String) as string;
const number = expect.any(Number) as number;
const agent = { index: number, key: text, label: text, phase: 'P' };
const attempt = { attempt: number, maxAttempts: number };

/** Every type of the specification's table with its fields; the first event of the type that fits is looked at. */
const expected: Record<string, Fields> = {
  workflow_start: { name: 'all', script: text, backend: 'pandacode', resumeFrom: '', whenToUse: 'always' },
  workflow_done: { name: 'all', result: { done: true } },
  workflow_error: { message: expect.stringMatching(/^Error: thrown\n {4}at .*throw\.js:1:\d+/) },
  workflow_call_start: { name: 'child', path: expect.stringContaining('child.js') },
  workflow_call_done: { name: 'broken', path: expect.stringContaining('broken.js'), ok: false },
  phase: { title: 'P', detail: 'the detail' },
  log: { message: 'hello' },
  prompt_slot: { name: 'slot', source: 'injected', contextKeys: ['a', 'b'] },
  checkpoint: { name: 'c' },
  agent_start: {
    ...agent,
    ...attempt,
    agentType: 'writer',
    runtime: 'claude',
    model: 'inherit',
    promptPreview: 'fine',
    config: { runtime: 'claude', model: 'inherit', schema: 'any', agentType: 'writer', effort: 'high', timeout: 60, maxAttempts: 2 },
  },
  agent_skip: { ...agent, reason: 'cached', result: {} },
  agent_schema_invalid: { ...agent, attempt: 1, maxAttempts: 2, schema: 'strict', retryable: true, issues: ['$.a is required'], result: {} },
  agent_retry: { ...agent, attempt: 1, nextAttempt: 2, maxAttempts: 2, reason: 'schema_mismatch' },
  agent_wait: { ...agent, ...attempt, reason: 'rate: claude', tokens: null },
  agent_continue: { ...agent, ...attempt },
  agent_failover: { ...agent, before: text, runtime: 'codex', model: 'inherit', from: 'claude', to: 'codex' },
  park: { scope: 'provider:claude', reason: 'rate', provider: 'claude', until: text, source: 'reported', message: text },
  unpark: { scope: 'provider:claude', reason: text },
  'agent_done, ok': { ...agent, ...attempt, agentType: 'writer', runtime: 'claude', model: 'real-model', ok: true, tokens: 5, result: {} },
  'agent_done, failed': {
    ...agent,
    attempt: 2,
    maxAttempts: 2,
    ok: false,
    runtime: 'claude',
    model: 'real-model',
    tokens: 5,
    result: expect.objectContaining({ ok: false }),
  },
  parallel_start: { label: 'group', phase: 'P', count: 2, max: 2 },
  parallel_done: { label: 'group', phase: 'P', count: 2, max: 2, ok: false },
  parallel_item_error: { label: 'group', phase: 'P', index: 1, message: 'bad item' },
  pipeline_start: { label: 'pipeline', phase: 'P', count: 1, stages: 1, max: 1 },
  pipeline_done: { label: 'pipeline', phase: 'P', count: 1, stages: 1, max: 1, ok: false },
  pipeline_item_error: { label: 'pipeline', phase: 'P', index: 0, message: 'bad stage' },
  worktree_start: { label: 'tree', phase: 'P', dir: text },
  worktree_done: { label: 'tree', phase: 'P', dir: text, changed: true, files: 1 },
  panda_auto_answer: { runtime: 'claude', session: 'asks', round: 1 },
  panda_raw_report_error: { runtime: 'claude', action: 'exec', message: text },
};

const project = new CompatProject({
  'throw.js': `throw new Error('thrown')`,
  'moved.js': `export const meta = { name: 'm', failover: { claude: ['codex'] } };
    await agent('x', { label: 'moved', phase: 'P', mockRefusal: { category: 'quota', resetMs: 60000 } })`,
  'refused.js': `await agent('x', { label: 'refused', phase: 'P', mockRefusal: { category: 'rate_limit', resetMs: 100 } })`,
});
const events: Fields[] = [];
let first: SeenRun;

beforeAll(async () => {
  project.write('.claude/workflows/child.js', 'return 1');
  project.write('.claude/workflows/broken.js', `throw new Error('child')`);
  chmodSync(project.write('executor', executor), 0o755);
  project.git();
  const flags = ['--backend', 'pandacode', '--pandacode-bin', './executor', '--concurrency', '4'];
  first = await project.runScript(script, [...flags, '--input', '{"prompts":{"slot":"look at {{context}}"}}']);
  const again = await project.exec(['--resume', first.id]);
  const thrown = await project.exec(['--script', 'throw.js']);
  const refused = await project.exec(['--script', 'refused.js']);
  const moved = await project.exec(['--script', 'moved.js']);
  events.push(...first.events, ...again.events, ...thrown.events, ...refused.events, ...moved.events);
});
afterAll(() => project.remove());

// These come of what a person says to a running node: test/control and test/money look at them.
const ofCommands = ['node_command', 'agent_cut'];

function typesOfSpecification(): string[] {
  const section = /^### 14\.2[\s\S]*?(?=^### )/m.exec(readFileSync(join(repository, 'docs/spec/odw.md'), 'utf8'))![0];
  const rows = section.slice(section.indexOf('| type | fields |')).split('\n').slice(2);
  return rows.flatMap((row) => {
    const names = row.split('|')[1]?.trim() ?? '';
    // Rows hold `x_start, x_done` or `agent_done, ok`; one holds fields that are common to several.
    if (/^agent_done, (ok|failed)$/.test(names)) return [names];
    return names.split(', ').filter((name) => name !== '' && name !== 'agent_done');
  });
}

describe('inner events', () => {
  it('EVT-04 every type of the specification is looked at here', () => {
    const types = new Set([...Object.keys(expected), ...ofCommands]);
    expect([...new Set(typesOfSpecification())].sort()).toEqual([...types].sort());
    expect(first.code).toBe(0);
  });

  for (const [type, fields] of Object.entries(expected)) {
    it(`EVT-04 ${type}`, () => {
      const name = type.replace(/, .*/, '');
      const all = events.filter((event) => event['type'] === name && typeof event['ts'] === 'string');
      expect(all).toContainEqual(expect.objectContaining({ type: name, ...fields }));
      for (const event of all) {
        expect(event['ts']).toBe(new Date(event['ts'] as string).toISOString());
        for (const field of Object.keys(fields))
          if (!['agentType', 'result'].includes(field)) expect([type, Object.keys(event)]).toEqual([type, expect.arrayContaining([field])]);
      }
    });
  }
});
