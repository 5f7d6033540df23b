import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { odw, Project, startOdw } from '../support/odw.ts';

let project: Project;
let burners: ChildProcess[] = [];
// Hashes and conversions of large prompts share the processors with others; each ends by itself, should the test not end it.
beforeEach(() => {
  burners = [1, 2].map(() => spawn('nice', ['-n', '19', process.execPath, '-e', 'const end = Date.now() + 280000; while (Date.now() < end);']));
});
afterEach(() => {
  for (const burner of burners) burner.kill('SIGKILL');
  project.remove();
});

const mebibyte = 1024 * 1024;
const flags = ['--backend', 'mock', '--no-report', '--no-lint', '--concurrency', '64'];

const prompts = `let block = '';
for (let n = 0; block.length < 5003; n++) block += n.toString(36) + 'ä ';
const text = block.repeat(Math.ceil(args.size / block.length)).slice(0, args.size);
const asked = (i) => agent(i + text, { label: 'n' + i, mockAgentText: 'answer ' + i });
`;
const shapes = {
  'in a group': `${prompts} const all = await parallel(Array.from({ length: args.count }, (_, i) => () => asked(i)));\nreturn all.filter((one, i) => one === 'answer ' + i).length;`,
  'at one stroke': `${prompts} const all = await Promise.all(Array.from({ length: args.count }, (_, i) => asked(i)));\nreturn all.filter((one, i) => one === 'answer ' + i).length;`,
};

const causes = (runId: string) => {
  const { events } = JSON.parse(readFileSync(join(project.runDir(runId), 'history.json'), 'utf8')) as {
    events: { workflowTaskFailedEventAttributes?: { cause: string } }[];
  };
  return events.flatMap(({ workflowTaskFailedEventAttributes: failed }) => failed?.cause ?? []);
};

describe('large prompts on a busy machine', { timeout: 600_000 }, () => {
  it('PROC-07 a prompt of 20 MiB, put together turn by turn, reaches its node; the next one too', async () => {
    project = new Project({
      'a.js': `let prompt = '';
        for (let n = 0; prompt.length < ${20 * mebibyte}; n++) prompt += 'line ' + n + ' of a very long prompt, ä\\n';
        const first = await agent(prompt, { label: 'first' });
        const second = await agent('again: ' + prompt, { label: 'second' });
        return { first: first.label, second: second.label, length: prompt.length };`,
    });
    const { code, stderr, runId } = await odw(['exec', '--script', 'a.js', ...flags], { cwd: project.dir });
    expect([code, stderr]).toEqual([0, '']);
    expect(project.state(runId as string).result).toMatchObject({ first: 'first', second: 'second' });
    expect(causes(runId as string)).toEqual([]);
  });

  it.each(Object.entries(shapes))(
    'PROC-07 a thousand of 100 KB, asked %s, all reach their nodes, and no task of the run is done twice',
    async (_how, source) => {
      project = new Project({ 'a.js': source });
      const input = JSON.stringify({ size: 100_000, count: 1000 });
      const { code, stderr, runId } = await odw(['exec', '--script', 'a.js', ...flags, '--input', input], { cwd: project.dir });
      expect([code, stderr]).toEqual([0, '']);
      expect(project.state(runId as string).result).toBe(1000);
      expect(causes(runId as string)).toEqual([]);
    },
  );

  it('PROC-07 a thousand of 100 KB are played again by the next host, when the first one was killed', async () => {
    project = new Project({ 'a.js': shapes['at one stroke'] });
    const input = JSON.stringify({ size: 100_000, count: 1000 });
    const host = startOdw(['exec', '--script', 'a.js', ...flags, '--input', input], { cwd: project.dir });
    await host.until(/done {2}\/ n600 /, 400_000);
    host.child.kill('SIGKILL');
    const { runId } = await host.end;
    const { code, stderr } = await project.odw(['exec', '--resume', runId as string, '--no-report']);
    expect([code, stderr]).toEqual([0, '']);
    expect(project.state(runId as string).result).toBe(1000);
    expect(project.events(runId as string).filter(({ type }) => type === 'agent_start')).toHaveLength(1000);
  });
});
