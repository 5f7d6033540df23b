import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { cleanUp, runIdOf, until } from './support.ts';

// Each step is a process of its own, on a machine that others use too.
vi.setConfig({ testTimeout: 300_000 });

let project: Project;
let run: OdwProcess | undefined;
afterEach(() => cleanUp(run, project));

// Notes what it was asked, in words and files. "hang" hangs, everything else is answered at once.
const executor = `#!/bin/sh
hangs=
{
  echo "CALL $*"
  for word in "$@"; do if [ -f "$word" ]; then cat "$word"; echo; fi; done
} >"$ODW_TEST_DIR/call.$$"
if grep -q 'please hang' "$ODW_TEST_DIR/call.$$"; then hangs=yes; fi
cat "$ODW_TEST_DIR/call.$$" >>"$ODW_TEST_DIR/asked"
if [ "$hangs" ]; then sleep 300 & wait; fi
echo '{"ok":true,"state":"completed","last_agent_message":"done","usage":{"total_tokens":100}}'
`;
const flags = ['--backend', 'pandacode', '--pandacode-bin', './executor'];
const script = (hanger: string) => `const one = await parallel([() => agent(${hanger}), () => agent('b', { label: 'b' })]);
  return await agent('last ' + one.join(), { label: 'last' });`;
const asked = () => (existsSync(join(project.dir, 'asked')) ? readFileSync(join(project.dir, 'asked'), 'utf8') : '');
const calls = () =>
  asked()
    .split('\n')
    .filter((line) => line.startsWith('CALL ') && !line.includes('doctor')).length;
const json = async (...args: string[]) => JSON.parse((await project.odw([...args, '--json'])).stdout) as Record<string, unknown>;
const start = (...args: string[]) => startOdw(['exec', ...args], { cwd: project.dir, env: { ODW_TEST_DIR: project.dir } });
const ofType = (runId: string, type: string) => project.events(runId).filter((event) => event['type'] === type);

describe('odw node with other words', () => {
  it('CTRL-05 restart --model --effort --prompt-file asks that; a resume of the script, and of one that asks just that, reuses the answer and says so', async () => {
    const hanging = `'please hang', { label: 'hanger' }`;
    project = new Project({ 'a.js': script(hanging), executor, 'short.md': 'say it shortly' });
    chmodSync(join(project.dir, 'executor'), 0o755);
    run = start('--script', 'a.js', ...flags);
    const runId = await runIdOf(run);
    await until(() => asked().includes('please hang'), 'the executor hangs');
    expect(await json('node', 'restart', runId, 'hanger', '--prompt-file', 'no.md')).toMatchObject({ ok: false, code: 'OPTION_INVALID' });
    const changes = ['--model', 'other-model', '--effort', 'high', '--prompt-file', 'short.md'];
    expect(await json('node', 'restart', runId, 'hanger', ...changes)).toMatchObject({ ok: true, run: runId });
    expect((await run.end).code).toBe(0);
    expect(asked()).toContain('other-model');
    expect(asked()).toContain('say it shortly');

    const [command] = ofType(runId, 'node_command');
    expect(command).toMatchObject({ action: 'restart', changes: { model: 'other-model', effort: 'high', prompt: { preview: 'say it shortly' } } });
    const done = ofType(runId, 'agent_done').find(({ label }) => label === 'hanger');
    expect(done).toMatchObject({
      ok: true,
      attempt: 1,
      model: 'other-model',
      restartedWith: { model: 'other-model', effort: 'high', prompt: 'say it shortly' },
    });
    expect(ofType(runId, 'agent_continue')).toMatchObject([{ label: 'hanger', promptPreview: 'say it shortly' }]);
    const node = Object.values(project.state(runId).agents).find(({ label }) => label === 'hanger');
    expect(node?.fingerprint).not.toBe(node?.restartedWith?.fingerprint);
    expect(node?.key).toBe(`agent:${node?.restartedWith?.fingerprint}`);

    // The script still asks for what hangs. What was paid for answers it, and its line says what it is.
    const paid = calls();
    const again = await start('--resume', runId, ...flags).end;
    expect([again.code, calls()]).toEqual([0, paid]);
    expect(again.stdout).toContain('/ hanger / - cached=true restarted-with-changes=true');
    const explained = await json('exec', '--resume', again.runId as string, '--explain');
    expect(explained['totals']).toMatchObject({ reuse: 3, rerun: 0 });

    // A script that asks just that has its own key for it, and its own answer.
    project.write('a.js', script(`'say it shortly', { label: 'hanger', model: 'other-model', effort: 'high' }`));
    const edited = await start('--script', 'a.js', '--resume', again.runId as string, ...flags).end;
    expect([edited.code, calls()]).toEqual([0, paid]);

    // One that asks something else does not get it.
    project.write('a.js', script(`'say it at length', { label: 'hanger' }`));
    const other = await start('--script', 'a.js', '--resume', again.runId as string, ...flags).end;
    expect([other.code, ofType(other.runId as string, 'agent_start').map(({ label }) => label)]).toEqual([0, ['hanger']]);
  });

  it('CTRL-04 CTRL-05 a node that waits for its slot is stopped without having started, or starts with another prompt', async () => {
    project = new Project({
      'a.js': `const all = await Promise.all(['please hang', 'b', 'c'].map((prompt) => agent(prompt, { label: prompt })));
        return all.map((one) => one?.error?.category ?? one)`,
      executor,
      'short.md': 'say it shortly',
    });
    chmodSync(join(project.dir, 'executor'), 0o755);
    run = start('--script', 'a.js', '--concurrency', '1', ...flags);
    const runId = await runIdOf(run);
    await until(() => asked().includes('please hang'), 'the executor hangs');
    expect(await json('node', 'stop', runId, 'd')).toMatchObject({
      ok: false,
      code: 'NODE_NOT_RUNNING',
      message: expect.stringContaining('b (agent:') as string,
    });
    expect(await json('node', 'restart', runId, 'b')).toMatchObject({ ok: false, code: 'NODE_NOT_RUNNING' });
    expect(await json('node', 'stop', runId, 'b')).toMatchObject({ ok: true, state: 'running' });
    await until(() => ofType(runId, 'agent_done').some(({ label }) => label === 'b'), 'the stopped node has its value');
    expect(await json('node', 'stop', runId, 'b')).toMatchObject({ ok: false, code: 'NODE_NOT_RUNNING' });
    expect(await json('node', 'restart', runId, 'c', '--prompt-file', 'short.md')).toMatchObject({ ok: true });
    expect(await json('node', 'stop', runId, 'please hang')).toMatchObject({ ok: true });
    const end = await run.end;
    expect([end.code, project.state(runId).result]).toEqual([0, ['cancelled', 'cancelled', 'done']]);
    expect(ofType(runId, 'agent_start').map(({ label }) => label)).toEqual(['please hang', 'c']);
    expect(project.run(runId)).toMatchObject({ census: { ok: 1, stopped: 2, failed: 0 } });
    expect(asked()).toContain('say it shortly');
  });
});
