import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Project } from '../support/odw.ts';

// Each test starts several commands, one after another, and some a server.
vi.setConfig({ testTimeout: 180_000 });

// A script as data, so that an edit of it is a function.
interface Call {
  prompt: string;
  options?: Record<string, unknown>;
}
interface Story {
  calls: Call[];
  /** All at once, or one after another. */
  wide?: boolean;
  flags?: string[];
  files?: Record<string, string>;
}

const text = ({ calls, wide }: Story) => {
  const asked = calls.map(({ prompt, options }) => `() => agent(${prompt}, ${JSON.stringify(options ?? {})})`);
  const body = wide
    ? `await Promise.all([${asked.join(',\n')}].map((ask) => ask()))`
    : `await (async () => { const all = []; for (const ask of [${asked.join(',\n')}]) all.push(await ask()); return all; })()`;
  return `const topic = args?.topic ?? 'none';\nconst all = ${body};\nreturn all.length`;
};
const call = (name: string, options?: Record<string, unknown>): Call => ({ prompt: JSON.stringify(name), ...(options ? { options } : {}) });
const edit = (calls: Call[], at: number, change: (one: Call) => Call) => calls.map((one, n) => (n === at ? change(one) : one));

interface Edit {
  name: string;
  change: (story: Story) => Story;
  /** Prompts of the nodes that run again. */
  again: string[];
  reason: string | null;
}

const base: Story = {
  calls: [
    call('one', { label: 'first', phase: 'A' }),
    call('two', { schema: 'two.schema.json', phase: 'A' }),
    call('three', { id: 'third', phase: 'B' }),
    { prompt: '`four about ${topic}`', options: { phase: 'B' } },
    call('five', { model: 'm1', phase: 'B' }),
    call('five', { model: 'm1', phase: 'B' }),
  ],
  files: { 'two.schema.json': '{"type":"object"}' },
};

const edits: Edit[] = [
  { name: 'nothing', change: (s) => s, again: [], reason: null },
  {
    name: 'one prompt',
    change: (s) => ({ ...s, calls: edit(s.calls, 0, () => call('ONE', { label: 'first', phase: 'A' })) }),
    again: ['ONE'],
    reason: 'PROMPT_CHANGED',
  },
  {
    name: 'the prompt behind an id',
    change: (s) => ({ ...s, calls: edit(s.calls, 2, () => call('THREE', { id: 'third' })) }),
    again: ['THREE'],
    reason: 'PROMPT_CHANGED',
  },
  { name: 'a node put in first', change: (s) => ({ ...s, calls: [call('zero'), ...s.calls] }), again: ['zero'], reason: 'NEW' },
  { name: 'a node taken out', change: (s) => ({ ...s, calls: s.calls.slice(1) }), again: [], reason: null },
  { name: 'the order', change: (s) => ({ ...s, calls: [...s.calls].reverse() }), again: [], reason: null },
  { name: 'one after another made all at once', change: (s) => ({ ...s, wide: !s.wide }), again: [], reason: null },
  { name: 'one more of the same', change: (s) => ({ ...s, calls: [...s.calls, s.calls[5] as Call] }), again: ['five'], reason: 'NEW' },
  {
    name: 'the model of one node',
    change: (s) => ({ ...s, calls: edit(s.calls, 0, (c) => ({ ...c, options: { ...c.options, model: 'm2' } })) }),
    again: ['one'],
    reason: 'MODEL_CHANGED',
  },
  {
    name: 'the effort of one node',
    change: (s) => ({ ...s, calls: edit(s.calls, 0, (c) => ({ ...c, options: { ...c.options, effort: 'high' } })) }),
    again: ['one'],
    reason: 'OPTION_CHANGED',
  },
  {
    name: 'a schema file',
    change: (s) => ({ ...s, files: { 'two.schema.json': '{"type":"object","properties":{}}' } }),
    again: ['two'],
    reason: 'SCHEMA_CHANGED',
  },
  { name: 'the input', change: (s) => ({ ...s, flags: ['--input', '{"topic":"birds"}'] }), again: ['four about birds'], reason: 'INPUT_CHANGED' },
  {
    name: 'a label',
    change: (s) => ({ ...s, calls: edit(s.calls, 0, (c) => ({ ...c, options: { ...c.options, label: 'renamed' } })) }),
    again: [],
    reason: null,
  },
  { name: 'a phase', change: (s) => ({ ...s, calls: edit(s.calls, 0, (c) => ({ ...c, options: { ...c.options, phase: 'Z' } })) }), again: [], reason: null },
  {
    name: 'retries and time limit',
    change: (s) => ({ ...s, calls: edit(s.calls, 0, (c) => ({ ...c, options: { ...c.options, timeout: 7, retry: { maxAttempts: 4 } } })) }),
    again: [],
    reason: null,
  },
  {
    name: 'cap, width, budget and limit of the run',
    change: (s) => ({ ...s, flags: ['--max-agents', '5000', '--concurrency', '3', '--budget', '1000000', '--timeout', '99'] }),
    again: [],
    reason: null,
  },
  {
    name: 'the model of the run',
    change: (s) => ({ ...s, flags: ['--model', 'other'] }),
    again: ['four about none', 'one', 'three', 'two'],
    reason: 'MODEL_CHANGED',
  },
  { name: 'nothing, but one is asked for by its label', change: (s) => ({ ...s, flags: ['--rerun', 'first'] }), again: ['one'], reason: 'ASKED' },
  {
    name: 'nothing, but a phase is asked for',
    change: (s) => ({ ...s, flags: ['--from-phase', 'B'] }),
    again: ['five', 'five', 'four about none', 'three'],
    reason: 'ASKED',
  },
];

// Notes each start by its prompt; a schema is answered with an object.
const counting = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
echo "$(head -1 "$f")" >> starts
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"{\\\\"did\\\\":\\\\"it\\\\"}","usage":{"total_tokens":5}}\\n'
`;

const backends = {
  mock: [] as string[],
  pandacode: ['--backend', 'pandacode', '--pandacode-bin', './executor'],
};

// With executors only what differs in how they are asked: each row starts processes.
const withExecutors = ['one prompt', 'a node put in first', 'a schema file', 'the model of the run', 'nothing, but a phase is asked for'];

for (const [backend, flags] of Object.entries(backends)) {
  describe(`an edit, on ${backend}`, () => {
    let project: Project;
    let runId: string;
    const starts = () =>
      existsSync(join(project.dir, 'starts')) ? readFileSync(join(project.dir, 'starts'), 'utf8').trimEnd().split('\n').filter(Boolean).sort() : [];
    const write = (story: Story) => {
      project.write('a.js', text(story));
      for (const [name, content] of Object.entries(story.files ?? {})) project.write(name, content);
    };
    beforeAll(async () => {
      project = new Project({ executor: counting });
      chmodSync(join(project.dir, 'executor'), 0o755);
      write(base);
      const first = await project.odw(['exec', '--script', 'a.js', '--no-report', ...flags]);
      expect(first.code, first.stderr).toBe(0);
      runId = first.runId as string;
    });
    afterAll(() => project.remove());

    for (const { name, change, again, reason } of edits.filter((one) => backend === 'mock' || withExecutors.includes(one.name))) {
      it(`EXPL-01 EXPL-03 PAIN-01 of ${name} runs ${again.length === 0 ? 'nothing' : again.join(', ')} again, as was told before`, async () => {
        rmSync(join(project.dir, 'starts'), { force: true });
        const story = change(base);
        write(story);
        const args = ['exec', '--resume', runId, ...(story.flags ?? [])];
        const told = await project.odw([...args, '--explain', '--json']);
        expect(told.code, told.stderr).toBe(0);
        const { nodes, totals } = JSON.parse(told.stdout) as { nodes: { decision: string; reason: string | null }[]; totals: { rerun: number; reuse: number } };
        expect(starts()).toEqual([]);
        expect([totals.rerun, totals.reuse]).toEqual([again.length, story.calls.length - again.length]);
        for (const node of nodes) expect(node.reason).toBe(node.decision === 'rerun' ? reason : null);

        const end = await project.odw([...args, '--no-report']);
        expect(end.code, end.stderr).toBe(0);
        const ran = project.events(end.runId as string).filter((event) => event['type'] === 'agent_start');
        expect(ran.map((event) => String(event['promptPreview'])).sort()).toEqual(again);
        if (backend === 'pandacode') expect(starts()).toEqual(again);
        write(base);
      });
    }
  });
}
