// Sixty nodes of every kind: alone, in a group, in a pipeline, in a child's place, in worktrees.
export const meta = { name: 'chaos', phases: [{ title: 'A' }, { title: 'B' }, { title: 'C' }] };
const name = (kind, i) => `${kind}${i} 0.${1 + ((i * 7) % 3)}`;
phase('A');
const alone = [];
for (let i = 0; i < 4; i++) alone.push(await agent(name('alone', i)));
phase('B');
const group = await parallel(Array.from({ length: 24 }, (_, i) => () => agent(name('group', i))));
const trees = await parallel(Array.from({ length: 4 }, (_, i) => () => agent(name('tree', i), { isolation: 'worktree', label: `tree ${i}` })));
phase('C');
const piped = await pipeline(
  Array.from({ length: 12 }, (_, i) => i),
  (i) => agent(name('first', i)),
  (_, i) => agent(name('second', i)),
);
const same = await Promise.all([agent('same 0.1'), agent('same 0.1'), agent('same 0.1'), agent('same 0.1')]);
return { alone, group, trees: trees.map((t) => [t.text, t.worktree.files]), piped, same };
