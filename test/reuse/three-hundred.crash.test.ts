import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Project } from '../support/odw.ts';

// Each row plays 300 nodes some times over.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

interface Item {
  prompt: string;
  options: Record<string, unknown>;
}
interface Story {
  items: Item[];
  files?: Record<string, string>;
  flags?: string[];
}

const named = (n: number): Record<string, unknown> => {
  if (n >= 10 && n < 13) return { schema: 'a.schema.json' };
  if (n >= 20 && n < 23) return { inputs: ['SPEC.md'] };
  if (n >= 30 && n < 32) return { inputs: ['docs/**', '!docs/drafts'] };
  if (n >= 40 && n < 42) return { id: `id${n}` };
  return {};
};
const files = { 'a.schema.json': '{"type":"object"}', 'SPEC.md': 'one', 'docs/guide.md': 'guide', 'docs/drafts/idea.md': 'idea' };
const base: Story = {
  items: Array.from({ length: 300 }, (_, n) => ({
    prompt: n >= 50 && n < 53 ? `node ${n} about TOPIC` : `node ${n}`,
    options: { label: `n${n}`, phase: n < 150 ? 'A' : 'B', ...named(n) },
  })),
};
const text = ({ items }: Story) => `const topic = args?.topic ?? 'nothing';
const all = await fanout(${JSON.stringify(items)}, ({ prompt, options }) => ({ prompt: prompt.replace('TOPIC', topic), ...options }));
return all.filter((one) => one && one.ok !== false).length;`;
const change = (at: number, edit: (item: Item) => Item) => (story: Story) => ({ ...story, items: story.items.map((one, n) => (n === at ? edit(one) : one)) });
const options = (more: Record<string, unknown>) => (item: Item) => ({ ...item, options: { ...item.options, ...more } });
const prompts = (from: number, to: number, more = '') => Array.from({ length: to - from }, (_, n) => `node ${from + n}${more}`);

const rows: [name: string, edit: (story: Story) => Story, again: string[], reason: string | null][] = [
  ['nothing', (s) => s, [], null],
  ['one prompt', change(123, (one) => ({ ...one, prompt: 'changed' })), ['changed'], 'PROMPT_CHANGED'],
  ['the prompt behind an id', change(40, (one) => ({ ...one, prompt: 'changed' })), ['changed'], 'PROMPT_CHANGED'],
  ['one put in first', (s) => ({ ...s, items: [{ prompt: 'new', options: {} }, ...s.items] }), ['new'], 'NEW'],
  ['ten taken out', (s) => ({ ...s, items: s.items.filter((_, n) => n < 5 || n >= 15) }), [], null],
  ['the order of the fan-out', (s) => ({ ...s, items: [...s.items].reverse() }), [], null],
  ['all labels and phases', (s) => ({ ...s, items: s.items.map((one, n) => options({ label: `other ${n}`, phase: 'C' })(one)) }), [], null],
  ['caps and limits', (s) => ({ ...s, flags: ['--max-agents', '2000', '--concurrency', '7', '--budget', '1000000', '--timeout', '99'] }), [], null],
  ['the model of one', change(200, options({ model: 'm2' })), ['node 200'], 'MODEL_CHANGED'],
  ['the effort of one', change(201, options({ effort: 'high' })), ['node 201'], 'OPTION_CHANGED'],
  ['the schema of one', change(202, options({ schema: { type: 'object' } })), ['node 202'], 'SCHEMA_CHANGED'],
  ['a schema file', (s) => ({ ...s, files: { 'a.schema.json': '{"type":"object","properties":{}}' } }), prompts(10, 13), 'SCHEMA_CHANGED'],
  ['a file that three nodes go by', (s) => ({ ...s, files: { 'SPEC.md': 'two' } }), prompts(20, 23), 'INPUT_CHANGED'],
  ['a file in a folder that two nodes go by', (s) => ({ ...s, files: { 'docs/more.md': 'x', 'docs/drafts/idea.md': 'y' } }), prompts(30, 32), 'INPUT_CHANGED'],
  ['a file that no node names', (s) => ({ ...s, files: { 'docs/drafts/idea.md': 'z', 'README.md': 'z' } }), [], null],
  ['the input', (s) => ({ ...s, flags: ['--input', '{"topic":"birds"}'] }), prompts(50, 53, ' about birds'), 'INPUT_CHANGED'],
  ['one node that is asked for', (s) => ({ ...s, flags: ['--rerun', 'n77'] }), ['node 77'], 'ASKED'],
  [
    'order, one put in, one taken out and one prompt together',
    (s) => change(100, (one) => ({ ...one, prompt: 'changed' }))({ ...s, items: [{ prompt: 'new', options: {} }, ...s.items.slice(0, 299)].reverse() }),
    ['changed', 'new'],
    null,
  ],
];

let project: Project;
let runId: string;
const write = (story: Story) => {
  // Each row begins with the same files.
  rmSync(join(project.dir, 'docs'), { recursive: true, force: true });
  project.write('a.js', text(story));
  for (const [name, content] of Object.entries({ ...files, ...story.files })) project.write(name, content);
};
beforeAll(async () => {
  project = new Project();
  write(base);
  const first = await project.odw(['exec', '--script', 'a.js', '--no-report', '--json-envelope']);
  expect(first.code, first.stderr).toBe(0);
  const { run_id: id, result } = JSON.parse(first.stdout) as { run_id: string; result: number };
  expect(result).toBe(300);
  runId = id;
});
afterAll(() => project.remove());

it.each(rows)('EXPL-01 EXPL-03 of 300 nodes, an edit of %s: exactly the changed ones run, as was told before', async (_name, edit, again, reason) => {
  const story = edit(base);
  write(story);
  const args = ['resume', runId, ...(story.flags ?? [])];
  const told = await project.odw([...args, '--explain', '--json']);
  expect(told.code, told.stderr).toBe(0);
  const { nodes, totals } = JSON.parse(told.stdout) as { nodes: { decision: string; reason: string | null }[]; totals: Record<string, number> };
  expect(totals).toMatchObject({ rerun: again.length, reuse: story.items.length - again.length, unknown: 0 });
  if (reason !== null) for (const node of nodes) expect(node.reason).toBe(node.decision === 'rerun' ? reason : null);

  const end = await project.odw([...args, '--no-report', '--json-envelope']);
  expect(end.code, end.stderr).toBe(0);
  const { run_id: id } = JSON.parse(end.stdout) as { run_id: string };
  const events = project.events(id);
  expect(events.flatMap(({ type, promptPreview }) => (type === 'agent_start' ? [promptPreview] : [])).sort()).toEqual([...again].sort());
  expect(events.filter(({ type }) => type === 'agent_skip')).toHaveLength(story.items.length - again.length);
});
