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
  function left(bin: string) {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root, ODW_FIXTURE_ASKS: '1' };
    const node = request(root);
    const dir = join(node.runDir, 'nodes/abc.1.1');
    return { root, node, dir, hosted: () => host(bin, env) };
  }

  async function leave({ root, node, dir, hosted }: ReturnType<typeof left>, started: () => boolean, end: () => void): Promise<void> {
    const first = hosted();
    const running = runNode(node, first);
    await until(started, 'its start');
    first.cancel('leave');
    await expect(running).rejects.toSatisfy(isNodeLeft);
    end();
    writeFileSync(join(root, 'go'), '');
    await until(() => existsSync(join(dir, '1/code')), 'its end');
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
    const kill = () => {
      const supervisor = Number.parseInt(readFileSync(join(one.dir, '1/pid'), 'latin1'), 10);
      process.kill(readProcessTable().find(({ parent }) => parent === supervisor)!.pid, 'SIGKILL');
    };
    await leave(one, () => lines(join(one.root, 'starts')).length === 1, kill);
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
});
