import { afterAll, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

// Everything that a run can take in: nodes in groups, retries with a wait, timers, schemas, checkpoints, failures, a budget.
const script = `
const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
phase('one');
const first = await parallel(Array.from({ length: 20 }, (_, i) => () => agent(\`first \${i}\`, { mockTokens: 3 })), { label: 'twenty' });
checkpoint('first', first.length);
phase('two');
const seen = [];
const later = new Promise((resolve) => setTimeout(() => { seen.push('timer'); log('the timer has ended'); resolve(); }, 3000));
const lost = setTimeout(() => log('never'), 600000);
const second = await pipeline(Array.from({ length: 10 }, (_, i) => i), (i) => agent(\`second \${i}\`, { schema, mockTokens: 1 }), (r, i) => agent(\`third \${i} \${JSON.stringify(r)}\`, { mockTokens: 1 }));
for (let i = 0; i < 15; i++) await agent(\`one after another \${i} \${budget.spent()}\`, { mockTokens: 2 });
clearTimeout(lost);
const failed = await agent('fails', { mockFail: true, retry: { maxAttempts: 2, backoffMs: 20 } });
await later;
const last = await agent('last', { mockTokens: 1 });
return { first: first.length, second: second.map((r) => r?.ok ?? r), failures: odw.failures().length, spent: budget.spent(), seen, chk: checkpoint.get('first'), last: last.ok };`;

const project = new Project({ 'long.js': script });
afterAll(() => project.remove());

it('a run that goes on in new executions ends as the undisturbed one, with the same journal', async () => {
  const plain = await project.odw(['exec', '--script', 'long.js', '--json-envelope']);
  expect(plain.code, plain.stderr + plain.stdout).toBe(0);
  const switched = await project.odw(['exec', '--script', 'long.js', '--json-envelope'], { ODW_CONTINUE_AFTER_EVENTS: '100' });
  expect(switched.code, switched.stderr + switched.stdout).toBe(0);
  const [a, b] = [plain, switched].map((end) => JSON.parse(end.stdout) as { run_id: string; result: unknown });
  expect(b!.result).toEqual(a!.result);
  const [x, y] = [a, b].map((one) => project.events(one!.run_id).map((e) => JSON.stringify({ ...e, ts: 0 }).replaceAll(one!.run_id, 'RUN')));
  expect(y!.toSorted()).toEqual(x!.toSorted());
}, 120_000);
