import { afterAll, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

const project = new CompatProject();
afterAll(() => project.remove());

describe('groups', () => {
  it('COMPAT-06 a thrown item is null and the others live, in parallel and in pipeline; stages get previous, item and index', async () => {
    const run = await project.runScript(
      `const group = await parallel([() => 'a', () => { throw new Error('broken item') }, async () => 'c']);
       const line = await pipeline([1, 2, 3], (previous, item) => { if (item === 2) throw new Error('broken stage'); return previous * 10 });
       const stages = await pipeline(['x', 'y'], (previous, item, index) => [previous, item, index], (previous, item, index) => [...previous, item, index]);
       const fine = await parallel([() => 1]);
       return { group, line, stages, fine }`,
    );
    expect(run.code).toBe(0);
    expect(run.state['result']).toEqual({
      group: ['a', null, 'c'],
      line: [10, null, 30],
      stages: [
        ['x', 'x', 0, 'x', 0],
        ['y', 'y', 1, 'y', 1],
      ],
      fine: [1],
    });
    expect(run.of('parallel_item_error')).toEqual([expect.objectContaining({ index: 1, message: 'broken item' })]);
    expect(run.of('pipeline_item_error')).toEqual([expect.objectContaining({ index: 1, message: 'broken stage' })]);
    expect(run.of('parallel_done').map((event) => event['ok'])).toEqual([false, true]);
    expect(run.of('pipeline_done').map((event) => event['ok'])).toEqual([false, true]);
  });
});
