import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

describe('odw init through the built command', () => {
  it('LIB-06 prints what it created and kept; the sample runs; odw skill prints the skill', async () => {
    project = new Project();
    const first = await project.odw(['init']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^(created \.claude\/\S+\n){4}$/);
    const second = await project.odw(['init', '--json']);
    expect(JSON.parse(second.stdout)).toMatchObject({ root: project.dir, created: [], kept: expect.objectContaining({ length: 4 }) as string[] });
    const run = await project.odw(['exec', '--script', '.claude/workflows/hello.js', '--json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toHaveProperty('doubts');
    expect((await project.odw(['skill'])).stdout).toMatch(/^---\nname: odw\n[^]*# Guide/);
  });

  it('INFO-01 INFO-02 INFO-03 the built command finds its texts', async () => {
    project = new Project();
    expect(JSON.parse((await project.odw(['spec'])).stdout)).toMatchObject({
      short_name: 'ODW',
      types_dts: expect.stringContaining('declare function agent') as string,
    });
    expect(JSON.parse((await project.odw(['capabilities'])).stdout)).toMatchObject({ agent_bridge: 'pandacode', lifecycle: { exec: 'odw exec' } });
    expect(await project.odw(['contract'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^# Authoring contract/) as string });
    expect(await project.odw(['guide'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^# Guide/) as string });
  });
});
