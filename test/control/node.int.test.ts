import { afterEach, describe, expect, it, vi } from 'vitest';
import { identify } from '../../system/process-table.ts';
import { type Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { cleanUp, json, ownExecutor, pidsIn, projectWith, runIdOf, until } from './support.ts';

// Each step is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000 });

let project: Project;
let run: OdwProcess | undefined;
afterEach(() => cleanUp(run, project));

// The prompt says who it is. "hang" hangs with a child, until there is a file "go"; the others answer at once.
const executor = `#!/bin/sh
hangs=
for word in "$@"; do
  if [ -f "$word" ] && grep -q 'please hang' "$word"; then hangs=yes; fi
  case "$word" in *'please hang'*) hangs=yes ;; esac
done
if [ "$hangs" ]; then
  if [ ! -e "$ODW_TEST_DIR/go" ]; then
    echo "$$" >>"$ODW_TEST_DIR/pids"
    sleep 300 & echo $! >>"$ODW_TEST_DIR/pids"
    wait
  fi
fi
echo '{"ok":true,"state":"completed","last_agent_message":"done","usage":{"total_tokens":100}}'
`;
const three = `const all = await parallel(['please hang', 'b', 'c'].map((prompt) => () => agent(prompt, { label: prompt === 'b' || prompt === 'c' ? prompt : 'hanger' })));
  return all.map((one) => one?.error?.category ?? one)`;
const pids = () => pidsIn(project);
const count = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type).length;

async function start(script = three): Promise<string> {
  project = projectWith(script, executor);
  run = startOdw(['exec', '--script', 'a.js', ...ownExecutor], { cwd: project.dir, env: { ODW_TEST_DIR: project.dir } });
  const runId = await runIdOf(run);
  await until(() => pids().length >= 2, 'the executor hangs, with its child');
  return runId;
}

describe('odw node', () => {
  it('CTRL-04 CTRL-06 NEXT-02 stop ends one node with its children; it fails with cancelled and the others go on', async () => {
    const runId = await start();
    expect(await json(project, 'node', 'stop', runId, 'nobody')).toMatchObject({ ok: false, code: 'NODE_NOT_RUNNING' });
    expect(await json(project, 'node', 'stop', runId, 'hanger')).toMatchObject({ ok: true, run: runId, state: 'running' });
    const end = await (run as OdwProcess).end;
    expect([end.code, project.state(runId).result]).toEqual([0, ['cancelled', 'done', 'done']]);
    for (const pid of pids()) expect(identify(pid)).toBeUndefined();
    expect(project.run(runId)).toMatchObject({ state: 'completed-with-failures', census: { ok: 2, stopped: 1, failed: 0 } });
    expect(project.events(runId).filter(({ type }) => type === 'node_command')).toMatchObject([{ label: 'hanger', action: 'stop' }]);
    expect(await json(project, 'node', 'stop', runId, 'hanger')).toMatchObject({ ok: false, code: 'RUN_CLOSED' });
  });

  it('CTRL-05 CTRL-06 NEXT-03 PAIN-05 restart frees a node that hangs: a new start behind the same promise, no attempt used, siblings not run again', async () => {
    const runId = await start();
    project.write('go', '');
    const [first, second] = await Promise.all([json(project, 'node', 'restart', runId, 'hanger'), json(project, 'node', 'restart', runId, 'hanger')]);
    const answers = [first, second].map(({ ok, code }) => (ok ? 'ok' : code));
    // The second one comes while the first one ends the node, when it runs anew, or when the run has ended by it.
    const restarts = answers.filter((answer) => answer === 'ok').length;
    expect(restarts).toBeGreaterThanOrEqual(1);
    for (const answer of answers) expect(['ok', 'NODE_NOT_RUNNING', 'RUN_CLOSED']).toContain(answer);
    const end = await (run as OdwProcess).end;
    expect([end.code, project.state(runId).result]).toEqual([0, ['done', 'done', 'done']]);
    for (const pid of pids()) expect(identify(pid)).toBeUndefined();
    expect([count(runId, 'agent_start'), count(runId, 'agent_continue'), count(runId, 'agent_retry'), count(runId, 'agent_done')]).toEqual([3, restarts, 0, 3]);
    const done = project.events(runId).filter(({ type }) => type === 'agent_done');
    for (const event of done) expect(event).toMatchObject({ ok: true, attempt: 1, maxAttempts: 1 });
    expect(project.run(runId)).toMatchObject({ state: 'completed', census: { ok: 3, stopped: 0 } });
  });

  it('CTRL-04 DIAL-17 in the dialect claude a stopped node is null', async () => {
    const runId = await start(
      `export const meta = { name: 'c', description: 'd', dialect: 'claude' };\nreturn [await agent('please hang', { label: 'hanger' })]`,
    );
    expect(await json(project, 'node', 'stop', 'latest', 'hanger')).toMatchObject({ ok: true, run: runId });
    expect([(await (run as OdwProcess).end).code, project.state(runId).result]).toEqual([0, [null]]);
  });
});
