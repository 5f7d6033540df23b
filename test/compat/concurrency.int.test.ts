import { cpus } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

const project = new CompatProject();
afterAll(() => project.remove());

describe('concurrency and determinism', () => {
  it('COMPAT-01 parallel_start.max follows the default cap, and max lowers it', async () => {
    const source = `const items = Array.from({ length: 40 }, (_, i) => () => i);
      await parallel(items, { label: 'all' }); await parallel(items, { label: 'two', max: 2 }); return 'done'`;
    const max = async (...args: string[]) => {
      const run = await project.runScript(source, args);
      return Object.fromEntries(run.of('parallel_start').map((event) => [event['label'], event['max']]));
    };
    const cap = Math.max(1, Math.min(16, cpus().length - 2));
    expect(await max()).toEqual({ all: cap, two: Math.min(2, cap) });
    expect(await max('--concurrency', '8')).toEqual({ all: 8, two: 2 });
  });

  it('COMPAT-01 clock and chance fail the run with their messages', async () => {
    const wrong = {
      'Date.now()': 'Date.now() is not allowed',
      'new Date()': 'argless new Date() is not allowed',
      'Math.random()': 'Math.random() is not allowed',
      'new Date(0).constructor.now()': 'Date.now() is not allowed',
    };
    for (const [expression, needle] of Object.entries(wrong)) {
      const run = await project.runScript(`return ${expression}`, ['--no-report']);
      expect(run.code).toBe(1);
      expect(run.of('workflow_error')[0]?.['message']).toContain(needle);
      expect(run.stdout + run.stderr).toContain(needle);
    }
  });

  it('COMPAT-01 explicit dates and the rest of Math work', async () => {
    const run = await project.runScript(
      `return [new Date(0).toISOString(), Math.max(1, 2), Math.floor(2.5), Math.sqrt(9), Date.UTC(1970, 0, 2), Date.parse('1970-01-01T00:00:01Z')]`,
    );
    expect(run.state['result']).toEqual(['1970-01-01T00:00:00.000Z', 2, 2, 3, 86_400_000, 1000]);
  });
});
