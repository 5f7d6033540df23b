import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterEach, describe, expect, it } from 'vitest';
import { repository } from '../docs/markdown.ts';
import { spawnSync } from 'node:child_process';
import { Project } from '../support/odw.ts';

let project: Project | undefined;
afterEach(() => project?.remove());

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Record<string, any>;

describe('the process model', () => {
  it('PROC-01 two commands, ESM, on Node 20.19 or newer', async () => {
    expect(manifest).toMatchObject({ type: 'module', engines: { node: '>=20.19.0' } });
    expect(Object.keys(manifest['bin'] as object).sort()).toEqual(['odw', 'pandacode']);
    project = new Project();
    expect((await project.odw(['--version'])).stdout).toBe(`odw ${manifest['version']}\n`);
    const pandacode = spawnSync(process.execPath, [join(repository, String(manifest['bin'].pandacode)), '--version'], { encoding: 'utf8' });
    expect(pandacode.stdout).toContain(manifest['version']);
  });

  it('PROC-02 PROC-03 PROC-10 PROC-12 a run is one workflow under its own id; everything outside is an activity; the script is the one that was launched', async () => {
    const source = `export const meta = { name: 'outside' };
      await workflow('child'); await agent('isolated', { isolation: 'worktree', schema: 'answer.schema.json', id: 'n' }); return Object.keys(args)`;
    project = new Project({ 'a.js': source, 'answer.schema.json': '{"type":"object"}', '.claude/workflows/child.js': 'return 1' }).git();
    const env = { ODW_SCRIPT_PATH: 'of another tool', ODW_INPUT: '{"not":"this"}' };
    const end = await project.odw(['exec', '--script', 'a.js', '--input', '{"mine":1}'], env);
    const id = end.runId as string;
    expect([end.code, project.state(id).result]).toEqual([0, ['mine']]);
    expect(project.run(id)).toMatchObject({ run_id: id, workflow_id: id });
    expect(readdirSync(project.dir, { recursive: true }).filter((name) => String(name).includes('odw-js-runner'))).toEqual([]);

    const events = historyFromJSON(JSON.parse(readFileSync(join(project.runDir(id), 'history.json'), 'utf8'))).events ?? [];
    expect(events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name).toBe('outside');
    const activities = events.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    expect(activities).toEqual(['loadWorkflow', 'prepareSchema', 'prepareWorkspace', 'agent']);

    expect(readFileSync(join(project.runDir(id), 'script.js'), 'utf8')).toBe(source);
    expect(existsSync(join(project.runDir(id), 'worktrees'))).toBe(false);
    for (const args of [
      ['runs', 'list'],
      ['runs', 'show', '--json'],
      ['doctor', '--json'],
    ]) {
      const { stdout } = await project.odw(args);
      expect([args.join(' '), typeof JSON.parse(stdout)]).toEqual([args.join(' '), 'object']);
    }
  });

  it('CLI-03 commands that are gone are unknown, and nothing names a copy of odw inside the project', async () => {
    project = new Project({ 'a.js': 'return 1' });
    for (const words of [['validate'], ['agents'], ['graphs'], ['evidence'], ['workflows', 'remove']]) {
      const end = await project.odw(words);
      expect([words.join(' '), end.code]).toEqual([words.join(' '), 2]);
    }
    const run = await project.odw(['exec', '--script', 'a.js']);
    const texts = [run, await project.odw(['runs', 'show']), await project.odw(['exec', '--help'])].map((end) => end.stdout + end.stderr);
    for (const text of texts) expect(text).not.toContain('.odw/bin');
    expect(run.stdout).toContain(`[odw] logs: odw runs show ${run.runId}`);
  });
});
