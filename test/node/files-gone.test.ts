import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runNode } from '../../activities/run-node/run-node.ts';
import { isAlive, identify } from '../../system/process-table.ts';
import { fixture, host, lines, request, tempDir, until, type TestHost } from './support.ts';

const pidOf = (root: string) => Number(readFileSync(join(root, 'pid'), 'utf8'));

/** A node whose executor counts its starts, waits for the file `go`, and answers. */
function waiting(answer = 'echo the answer') {
  const root = tempDir();
  const bin = join(root, 'executor');
  writeFileSync(bin, `#!/bin/sh\necho start >>"${root}/starts"; echo $$ >"${root}/pid"\nwhile [ ! -e "${root}/go" ]; do sleep 0.02; done\n${answer}\n`);
  chmodSync(bin, 0o755);
  const node = request(root);
  const begin = (one: TestHost = host(bin)) => runNode(node, one);
  const started = () => until(() => existsSync(join(node.runDir, 'nodes', 'abc.1.1', '1', 'pid')) && existsSync(join(root, 'pid')), 'the executor');
  const deleted = () => rmSync(node.runDir, { recursive: true });
  const go = () => writeFileSync(join(root, 'go'), '');
  return { root, bin, node, begin, started, deleted, go, starts: () => lines(join(root, 'starts')).length };
}

describe('a run folder that is deleted while an executor works', () => {
  it('takes the answer of a plain executor along: the node fails by name, and is not asked again unasked', async () => {
    const { node, begin, started, deleted, go, starts } = waiting();
    const ending = begin();
    await started();
    deleted();
    go();
    const outcome = await ending;
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'executor_files_gone', retryable: true } });
    expect(outcome.failure?.message).toContain(join(node.runDir, 'nodes', 'abc.1.1'));
    expect(starts()).toBe(1);
  });

  it('loses nothing of an executor that writes a report of its own', async () => {
    const root = tempDir();
    const env = { ODW_FIXTURE_DIR: root, ODW_EXECUTOR_FEATURES: '--report-file,--pid-file,--dispatch-id,--detach-safe,--events-file' };
    const bin = join(root, 'executor');
    // As pandacode does, it makes the folder of its report anew.
    writeFileSync(
      bin,
      `#!/bin/sh\necho start >>"$ODW_FIXTURE_DIR/starts"\nfor a; do [ "$p" = --report-file ] && r=$a; [ "$p" = --dispatch-id ] && d=$a; p=$a; done
while [ ! -e "$ODW_FIXTURE_DIR/go" ]; do sleep 0.02; done
mkdir -p "$(dirname "$r")"; printf '{"ok":true,"state":"completed","dispatch_id":"%s","exit_code":0,"last_agent_message":"whole"}\\n' "$d" >"$r"\n`,
    );
    chmodSync(bin, 0o755);
    const node = request(root);
    const ending = runNode(node, host(bin, env));
    await until(() => existsSync(join(node.runDir, 'nodes', 'abc.1.1', '1', 'pid')) && lines(join(root, 'starts')).length === 1);
    rmSync(node.runDir, { recursive: true });
    writeFileSync(join(root, 'go'), '');
    expect(await ending).toMatchObject({ status: 'ok', value: 'whole' });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('does not keep a host waiting that took the executor over', async () => {
    const { bin, begin, started, deleted, go, starts } = waiting();
    const first = host(bin);
    const left = begin(first);
    await started();
    first.cancel('leave');
    await expect(left).rejects.toThrow(/abc\.1\.1/);
    const second = host(bin);
    const ending = begin(second);
    await until(() => second.beats.some(({ pid }) => pid !== undefined), 'the second host to find it');
    deleted();
    await new Promise((wake) => setTimeout(wake, 500));
    go();
    expect(await ending).toMatchObject({ status: 'failed', failure: { category: 'executor_files_gone' } });
    expect(starts()).toBe(1);
  });

  it('does not hide the executor from a stop', async () => {
    const { root, bin, begin, started, deleted } = waiting();
    const one = host(bin);
    const ending = begin(one);
    await started();
    const executor = identify(pidOf(root))!;
    deleted();
    one.cancel('stop');
    expect(await ending).toMatchObject({ status: 'failed', failure: { category: 'cancelled' } });
    await until(() => !isAlive(executor), 'the executor to end');
  });
});

describe('an executor that meets a full disk', () => {
  const complaint = (exit: number) => `echo 'write error: No space left on device' >&2; exit ${exit}`;

  it('and says so fails its node by that name', async () => {
    const { begin, go } = waiting(complaint(1));
    go();
    expect(await begin()).toMatchObject({ status: 'failed', failure: { category: 'executor_disk_full', retryable: true } });
  });

  it('and ends well all the same is believed', async () => {
    const { begin, go } = waiting(`echo fine; ${complaint(0)}`);
    go();
    expect(await begin()).toMatchObject({ status: 'ok', value: 'fine' });
  });

  it('and reports is believed, whatever it printed beside', async () => {
    expect(await runNode(request(tempDir()), host(fixture('good.sh')))).toMatchObject({ status: 'ok', value: 'the answer' });
  });
});
