import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { readLock } from '../../system/lock-file.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { readRunInput } from '../../temporal/run/history.ts';
import { hostRun, type HostEnd } from '../../temporal/run/host.ts';
import { dispatchedIn, historiesOf, withClient } from '../support/executions.ts';
import { Project, startOdw } from '../support/odw.ts';
import { otherVersion } from '../support/other-bundle.ts';

let project: Project;
let other: { ODW_TEST_WORKFLOW_BUNDLE: string };
afterEach(() => project.remove());

// Notes what it is asked; works on what is slow until the file "go" is there.
const executor = `#!/bin/sh
for one; do case "$one" in *.md) asked=$(grep -o 'quick one\\|quick two\\|slow one' "$one" | head -n 1) ;; esac; done
echo "$asked" >>"$ODW_FIXTURE_DIR/calls"
if [ "$asked" = 'slow one' ]; then while [ ! -e "$ODW_FIXTURE_DIR/go" ] && [ -d "$ODW_FIXTURE_DIR" ]; do sleep 0.1; done; fi
echo '{"ok":true,"state":"completed","last_agent_message":"answer","usage":{"total_tokens":7}}'
`;

const script = `const a = await agent('quick one');
const b = await agent('slow one');
const c = await agent('quick two');
checkpoint('c', 1);
return [a, b, c, checkpoint.has('c')];`;

describe('after an upgrade that changed the workflow code', () => {
  it('RES-03 RES-13 a resume closes the open run, waits for its executors, and reuses every result in a new run', async () => {
    project = new Project({ 'a.js': script });
    other = otherVersion(project.dir);
    const calls = join(project.dir, 'calls');
    const bin = project.write('executor.sh', executor);
    chmodSync(bin, 0o755);
    const env = { ODW_FIXTURE_DIR: project.dir };
    const host = startOdw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', bin], { cwd: project.dir, env: { ...env, ...other } });
    await expect.poll(() => existsSync(calls) && readFileSync(calls, 'utf8').includes('slow'), { timeout: 60_000 }).toBe(true);
    host.child.kill('SIGKILL');
    const old = (await host.end).runId as string;

    const resumed = startOdw(['exec', '--resume', old], { cwd: project.dir, env });
    // The resume holds the old run's lock while it waits for the executor.
    await expect.poll(() => readLock(join(project.runDir(old), 'host.lock'))?.pid, { timeout: 60_000 }).toBe(resumed.child.pid);
    project.write('go', '');
    const end = await resumed.end;
    expect(end.code, end.stderr + end.stdout).toBe(0);
    const id = end.runId as string;
    expect(project.state(id).result).toEqual(['answer', 'answer', 'answer', true]);
    expect(end.stdout + end.stderr).toMatch(/this version cannot go on with run \S+, .*: the run is closed, and a new one reuses its 2 finished nodes/);
    expect(id).not.toBe(old);
    // Nobody was asked twice.
    expect(readFileSync(calls, 'utf8')).toBe('quick one\nslow one\nquick two\n');
    expect(project.run(id)).toMatchObject({ resumed_from: old, status: 'completed', census: { ok: 1, cached: 2 } });
    expect(project.run(old)).toMatchObject({ status: 'failed', error: { category: 'replay_mismatch' } });
    expect(project.records(old).at(-1)).toMatchObject({ type: 'exit', status: 'failed' });
    expect(project.state(old)).toMatchObject({ activeAgents: {}, error: { message: expect.stringContaining('workflow code differs') as string } });
    expect(existsSync(join(project.runDir(old), 'history.json'))).toBe(true);
  }, 120_000);

  it('a closed run of another version is resumed from its history all the same', async () => {
    project = new Project({
      'a.js': `const a = await agent('one', { mockTokens: 5 }); const b = await agent('two'); if (!input.ok) throw new Error('no'); return [a.ok, b.ok];`,
    });
    other = otherVersion(project.dir);
    const first = await project.odw(['exec', '--script', 'a.js', '--input', '{"ok":false}'], other);
    expect(first.code).toBe(1);
    const again = await project.odw(['exec', '--resume', first.runId as string, '--input', '{"ok":true}', '--json-envelope']);
    expect(again.code, again.stderr).toBe(0);
    const { run_id: id, result } = JSON.parse(again.stdout) as { run_id: string; result: unknown };
    expect(result).toEqual([true, true]);
    expect(dispatchedIn(await historiesOf(id))).toEqual([]);
    expect(project.state(id).budget.spent).toBe(5);
  }, 120_000);

  it('a host that meets such a history ends the run with that cause, and a resume goes on', async () => {
    project = new Project({ 'a.js': `await agent('one'); await agent('two', { mockDelayMs: 3000 }); return await agent('three').then((r) => r.ok);` });
    other = otherVersion(project.dir);
    // A host whose workflow cache is lost in mid-run plays the history again: here with other code, as after an upgrade of a worker.
    const host = startOdw(['exec', '--script', 'a.js'], { cwd: project.dir, env: other });
    await host.until(/start {2}\/ agent-2/);
    host.child.kill('SIGKILL');
    const runId = (await host.end).runId as string;
    const end = await hostHere(await withClient((client) => readRunInput(client, runId)));
    expect(end).toMatchObject({
      closed: true,
      closing: { status: 'failed', error: { category: 'replay_mismatch', message: expect.stringMatching(/TMPRL1100|ondeterminism/) as string } },
    });
    const again = await project.odw(['exec', '--resume', runId, '--json-envelope']);
    expect(again.code, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ result: true });
  }, 120_000);
});

async function hostHere(input: RunInput): Promise<HostEnd> {
  const engine = await ensureEngine();
  const dataConverter = blobDataConverter();
  const { connection, client } = await connectEngine(engine, dataConverter);
  try {
    const executor = resolveExecutor(process.env);
    return await hostRun({ engine, connection, client: () => Promise.resolve(client), dataConverter, input, mode: 'attach', executor });
  } finally {
    await connection.close();
  }
}
