import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CompatProject } from './harness.ts';

let project: CompatProject;
afterEach(() => project.remove());

describe('resume and state', () => {
  it('COMPAT-12 a garbage state stops the resume and says corrupt', async () => {
    project = new CompatProject();
    const run = await project.runScript(`return await agent('x')`);
    expect(run.code).toBe(0);
    project.write(join('.odw/runs', run.id, 'state.json'), '{ garbage');
    const again = await project.exec(['--resume', run.id]);
    expect(again.code).not.toBe(0);
    expect(again.stdout + again.stderr).toContain('corrupt');
  });

  it('COMPAT-12 an edited prompt under the same id starts again, its sibling is skipped', async () => {
    project = new CompatProject();
    const source = (prompt: string) => `return await parallel([() => agent('${prompt}', { id: 'edited' }), () => agent('same', { id: 'sibling' })])`;
    await project.runScript(source('before'));
    project.write('script.js', source('after'));
    const again = await project.exec(['--resume', 'latest']);
    expect(again.of('agent_start').map(({ key }) => key)).toEqual(['edited']);
    expect(again.of('agent_skip').map(({ key }) => key)).toEqual(['sibling']);
  });

  it('COMPAT-12 a throw stays in the state', async () => {
    project = new CompatProject();
    const run = await project.runScript(`await agent('x'); throw new Error('it broke')`);
    expect(run.code).toBe(1);
    expect(run.state['error'].message).toContain('it broke');
    expect(Number.isNaN(Date.parse(run.state['failedAt']))).toBe(false);
  });
});
