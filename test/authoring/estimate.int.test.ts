import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

describe('odw lint --estimate', () => {
  it('LINT-01 prints phases and node counts; no run is recorded, nothing is written, nothing dispatched', async () => {
    project = new Project({ executor: '#!/bin/sh\nexit 1\n' });
    const end = await project.odw(['lint', example('audit.js'), '--estimate', '--input', '{"files":["a.js","b.js"]}'], { ODW_PANDACODE_BIN: './executor' });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toMatch(
      /1 script: 0 errors, 0 hints\n.*audit\.js: 5 nodes when played on the mock backend\n {2}Find {4}2\n {2}Check {3}2\n {2}Report {2}1\n {2}a real run, by defaults: .*:\n {4}nodes {3}5\n {4}tokens .*\n {4}cost {4}unknown: .*\n$/,
    );
    expect(readdirSync(project.dir)).toEqual(['executor']);
    expect(JSON.parse((await project.odw(['runs', 'list'])).stdout)).toMatchObject({ runs: [] });
  });

  it('LINT-01 isolated nodes, schemas of all kinds and slow nodes are played at once; children count', async () => {
    const script = `export const meta = { name: 'all', phases: [{ title: 'Plan' }, { title: 'Work' }, { title: 'Never' }] };
phase('Plan');
const plan = await agent('Plan.', { mockDelayMs: 90000, schema: { type: 'object', required: ['tasks', 'risk'], properties: { tasks: { type: 'array', minItems: 3, items: { $ref: '#/$defs/task' } }, risk: { enum: ['low'] } }, $defs: { task: { type: 'object', required: ['file'], properties: { file: { type: 'string', minLength: 9 } } } } } });
const done = await fanout(plan.tasks, (task) => agent('Fix ' + task.file, { isolation: 'worktree', phase: 'Work' }));
phase('');
return [done.map((one) => one.worktree.changed), await workflow('./child.js')];`;
    project = new Project({ 'all.js': script, 'child.js': "return await agent('In a child.', { mockFail: true });" });
    const end = await project.odw(['lint', 'all.js', '--estimate', '--json']);
    expect(JSON.parse(end.stdout)).toMatchObject({
      ok: true,
      estimates: [
        {
          path: 'all.js',
          nodes: 5,
          failed: 1,
          phases: [
            { title: 'Plan', nodes: 1 },
            { title: 'Work', nodes: 3 },
            { title: 'Never', nodes: 0 },
            { title: '', nodes: 1 },
          ],
        },
      ],
    });
    expect(JSON.parse(end.stdout).estimates[0]).not.toHaveProperty('stopped');
    expect(existsSync(join(project.dir, '.odw'))).toBe(false);
  });

  it('LINT-01 a script that stops is counted so far; one with errors is not played', async () => {
    project = new Project({ 'stops.js': "await agent('One.');\nthrow new Error('no more');", 'wrong.js': 'foo();' });
    const stops = await project.odw(['lint', 'stops.js', '--estimate']);
    expect(stops.code).toBe(0);
    expect(stops.stdout).toContain('stops.js: 1 node when played on the mock backend\n  –  1\n  it stopped before its end, so there may be more: no more\n');
    const wrong = await project.odw(['lint', 'wrong.js', '--estimate', '--json']);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, estimates: [] });
  });
});
