import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw } from '../support/odw.ts';

// Each test starts several commands, one after another.
vi.setConfig({ testTimeout: 300_000 });

// Notes each start by its prompt. What is asked to fail fails until the file "good" is there; what is asked to wait works until the file "go" is there.
const executor = `#!/bin/sh
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
[ -f "$f" ] || exit 0
p=$(head -1 "$f" | cut -c 1-20)
echo "$p" >> "$ODW_FIXTURE_DIR/starts"
case "$p" in
  fail*) [ -e "$ODW_FIXTURE_DIR/good" ] || { echo '{"ok":false,"state":"failed","error":{"category":"worker_failed","message":"bad luck","retryable":true},"last_agent_message":"no"}'; exit 1; } ;;
  wait*) while [ ! -e "$ODW_FIXTURE_DIR/go" ]; do sleep 0.1; done ;;
esac
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s","usage":{"total_tokens":5}}\\n' "$p"
`;
const flags = ['--backend', 'pandacode', '--pandacode-bin', './executor', '--no-report'];

let project: Project;
afterEach(() => project.remove());
const starts = () => (existsSync(join(project.dir, 'starts')) ? readFileSync(join(project.dir, 'starts'), 'utf8').trimEnd().split('\n') : []);

/** Starts a script and kills its host once a node with this label has started. */
async function killed(script: string, label: string): Promise<{ id: string; env: NodeJS.ProcessEnv }> {
  project = new Project({ 'a.js': script, executor });
  chmodSync(join(project.dir, 'executor'), 0o755);
  const env = { ODW_FIXTURE_DIR: project.dir };
  const host = startOdw(['exec', '--script', 'a.js', ...flags], { cwd: project.dir, env });
  await host.until(new RegExp(`start .*/ ${label} /`));
  host.child.kill('SIGKILL');
  return { id: (await host.end).runId as string, env };
}

interface Explained {
  open: boolean;
  nodes: { label: string; decision: string; reason: string | null; failed?: boolean }[];
  totals: { rerun: number };
  notes: string[];
}
const explain = async (id: string, ...more: string[]) => {
  const { code, stdout, stderr } = await project.odw(['exec', '--resume', id, '--explain', '--json', ...more]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Explained;
};

describe('an open run that a resume goes on with', () => {
  it('EXPL-01 RES-02 keeps the failures that it met, and is told so', async () => {
    const { id, env } = await killed(
      `const one = await agent('fail', { label: 'one' });
      await agent('after ' + JSON.stringify(one), { label: 'after one' });
      const two = await agent('fail again', { label: 'two', retry: { maxAttempts: 2, delayMs: 10 } });
      await agent('after ' + two.error.message, { label: 'after two' });
      await agent('wait', { label: 'slow' });
      return [one.ok, two.ok];`,
      'slow',
    );
    project.write('good', '');
    const told = await explain(id);
    expect(told.nodes.map(({ label, decision, failed }) => [label, decision, failed ?? false])).toEqual([
      ['one', 'reuse', true],
      ['after one', 'reuse', false],
      ['two', 'reuse', true],
      ['after two', 'reuse', false],
      ['slow', 'unknown', false],
    ]);
    expect([told.open, told.totals.rerun]).toEqual([true, 0]);
    expect(told.notes.join('\n')).toContain('--rerun failed');
    // A resume that asks for them is another one, and closes the run.
    const asked = await explain(id, '--rerun', 'failed');
    expect([asked.open, asked.nodes[0]]).toMatchObject([false, { label: 'one', decision: 'rerun', reason: 'PREV_FAILED' }]);
    expect(asked.notes[0]).toMatch(/open with another set of nodes to run again: a resume closes it/);

    project.write('go', '');
    const end = await project.odw(['exec', '--resume', id, '--no-report'], env);
    expect([end.code, end.runId], end.stderr).toEqual([0, id]);
    expect([starts(), project.state(id).result]).toEqual([
      ['fail', 'after {"ok":false,"b', 'fail again', 'fail again', 'after bad luck', 'wait'],
      [false, false],
    ]);
  });

  it('EXPL-01 RES-02 SUB-08 keeps the schemas and scripts that it has read, and its resume says which were edited', async () => {
    const kid = (second: string) => `await agent('in kid', { label: 'in kid' }); await agent('${second}', { label: 'second' }); return 1;`;
    const schema = (title: string) => JSON.stringify({ title, type: ['object', 'string'] });
    project = new Project({
      'a.js': `await workflow('./kid.js');
        await agent('typed', { label: 'typed', schema: 'x.schema.json' });
        await agent('wait', { label: 'slow' });
        await workflow('./kid.js');
        return (await agent('typed later', { label: 'typed later', schema: 'x.schema.json' })) !== null;`,
      'kid.js': kid('kid one'),
      'x.schema.json': schema('one'),
      executor: executor.replace('"did %s"', '"{\\\\"did\\\\":\\\\"it\\\\"}"'),
    });
    chmodSync(join(project.dir, 'executor'), 0o755);
    const env = { ODW_FIXTURE_DIR: project.dir };
    const host = startOdw(['exec', '--script', 'a.js', ...flags], { cwd: project.dir, env });
    await host.until(/start .*\/ slow \//);
    host.child.kill('SIGKILL');
    const id = (await host.end).runId as string;

    project.write('kid.js', kid('kid two'));
    project.write('x.schema.json', schema('two'));
    const told = await explain(id);
    expect(told.nodes.map(({ label, decision, reason }) => `${label} ${reason ?? decision}`)).toEqual([
      'in kid reuse',
      'second reuse',
      'typed reuse',
      'slow unknown',
      'in kid NEW',
      'second NEW',
      'typed later NEW',
    ]);
    project.write('go', '');
    const end = await project.odw(['exec', '--resume', id, '--no-report'], env);
    expect([end.code, end.runId], end.stderr).toEqual([0, id]);
    expect(end.stderr).toMatch(
      /went by were edited: (script \.\/kid\.js, schema x\.schema\.json|schema x\.schema\.json, script \.\/kid\.js)\. The open run keeps/,
    );
    expect(starts()).toEqual(['in kid', 'kid one', 'typed', 'wait', 'in kid', 'kid one', 'typed later']);
    // Closed, it is compared with what stands there now.
    expect((await explain(id)).nodes.map(({ label, decision, reason }) => `${label} ${reason ?? decision}`)).toEqual([
      'in kid reuse',
      'second PROMPT_CHANGED',
      'typed SCHEMA_CHANGED',
      'slow reuse',
      'in kid reuse',
      'second PROMPT_CHANGED',
      'typed later SCHEMA_CHANGED',
    ]);
  });
});
