import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finishLeft } from '../../activities/run-node/finish-left.ts';
import { isNodeLeft } from '../../activities/run-node/node-left.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import { readProcessTable } from '../../system/process-table.ts';
import { fixture, host, lines, request, tempDir, until } from './support.ts';

// As odw stop does with a run that nobody hosts: it has no executor to start.
describe('RES-13 CTRL-03 what an executor left while nobody hosted its run', () => {
  function left(bin: string, more: NodeJS.ProcessEnv = {}) {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root, ODW_FIXTURE_ASKS: '1', ...more };
    const node = request(root);
    const dir = join(node.runDir, 'nodes/abc.1.1');
    return { root, node, dir, hosted: () => host(bin, env) };
  }

  async function leave({ root, node, dir, hosted }: ReturnType<typeof left>, started: () => boolean, end: () => void, code = '1/code'): Promise<void> {
    const first = hosted();
    const running = runNode(node, first);
    await until(started, 'its start');
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    end();
    writeFileSync(join(root, 'go'), '');
    await until(() => existsSync(join(dir, code)), 'its end');
  }

  it('is taken when it is a result', async () => {
    const one = left(fixture('counted.sh'));
    await leave(
      one,
      () => lines(join(one.root, 'starts')).length === 1,
      () => {},
    );
    expect(await finishLeft(one.node.runDir)).toBe(1);
    expect(JSON.parse(readFileSync(join(one.dir, 'outcome.json'), 'utf8'))).toMatchObject({ status: 'ok', value: 'counted' });
  });

  it('stays open when it was killed, and no step is planned: the next host goes on with it', async () => {
    const one = left(fixture('counted.sh'));
    await leave(
      one,
      () => lines(join(one.root, 'starts')).length === 1,
      () => killExecutor(one.dir),
    );
    expect(await finishLeft(one.node.runDir)).toBe(0);
    expect([existsSync(join(one.dir, 'outcome.json')), existsSync(join(one.dir, '2'))]).toEqual([false, false]);
    expect(await runNode(one.node, one.hosted())).toMatchObject({ status: 'ok', value: 'counted' });
    expect(lines(join(one.root, 'starts'))).toHaveLength(2);
  });

  it('stays open when it is a question: the next host answers it', async () => {
    const folder = tempDir();
    const bin = join(folder, 'asks-late.sh');
    writeFileSync(
      bin,
      `#!/bin/sh\n: >"$ODW_FIXTURE_DIR/begun"\nwhile [ ! -e "$ODW_FIXTURE_DIR/go" ]; do sleep 0.05; done\nexec '${fixture('asks.sh')}' "$@"\n`,
    );
    chmodSync(bin, 0o755);
    const one = left(bin);
    await leave(
      one,
      () => existsSync(join(one.root, 'begun')),
      () => {},
    );
    expect(await finishLeft(one.node.runDir)).toBe(0);
    expect([existsSync(join(one.dir, 'outcome.json')), existsSync(join(one.dir, '2'))]).toEqual([false, false]);
    expect(await runNode(one.node, one.hosted())).toMatchObject({ status: 'ok', value: 'blue', tokens: 20 });
  });

  it('stays open when its session refused to go on, and nothing is planned: the next host starts it anew', async () => {
    const folder = tempDir();
    const bin = join(folder, 'refuses-late.sh');
    const waits = `[ "$2" = exec ] || { : >"$ODW_FIXTURE_DIR/resuming"; while [ ! -e "$ODW_FIXTURE_DIR/go" ]; do sleep 0.05; done; }`;
    writeFileSync(bin, `#!/bin/sh\n${waits}\nexec '${fixture('announced.mjs')}' "$@"\n`);
    chmodSync(bin, 0o755);
    const one = left(bin, { ODW_EXECUTOR_FEATURES: '--report-file,--dispatch-id,--events-file', ODW_FIXTURE_REFUSE: '1' });
    const first = one.hosted();
    const running = runNode(one.node, first);
    await until(() => existsSync(join(one.dir, 'events.jsonl')), 'its session');
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    killExecutor(one.dir);
    await until(() => existsSync(join(one.dir, '1/code')), 'its death');
    await leave(
      one,
      () => existsSync(join(one.root, 'resuming')),
      () => {},
      '2/code',
    );
    expect(await finishLeft(one.node.runDir)).toBe(0);
    expect([existsSync(join(one.dir, 'outcome.json')), existsSync(join(one.dir, '3'))]).toEqual([false, false]);
    expect(await runNode(one.node, one.hosted())).toMatchObject({ status: 'ok', value: 'done by exec', tokens: 60, taken: 'started' });
    expect(lines(join(one.root, 'starts')).map((line) => line.split(' ')[0])).toEqual(['exec', 'resume', 'exec']);
  });
});

function killExecutor(dir: string): void {
  const supervisor = Number.parseInt(readFileSync(join(dir, '1/pid'), 'latin1'), 10);
  process.kill(readProcessTable().find(({ parent }) => parent === supervisor)!.pid, 'SIGKILL');
}
