import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeLlm, type FakeLlm } from '../support/fake-llm/fake-llm.mjs';
import { buildPandacode, emptyHome, pandacode, readJson, removeWorkspaces, runs, startPandacode, until } from '../support/pandacode.ts';
import { atWork, runtimesAtWork } from './at-work.ts';

// Every runtime, at work with a shell of its own, when its parent or pandacode itself is killed.
let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
  await buildPandacode();
});
afterAll(async () => {
  await fake.close();
  removeWorkspaces();
});

describe.each(runtimesAtWork)('a %s run', (runtime) => {
  it('PC-ADOPT-06 PC-ADOPT-01 PC-TEST-09 whose parent was killed finishes its work, writes its report whole, and ends', async () => {
    const one = atWork(runtime, fake);
    const program = await buildPandacode();
    // A parent that reads its pipes until it is killed.
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const { spawn } = require('node:child_process');
         const c = spawn(process.execPath, ${JSON.stringify([program, ...one.exec, '--detach-safe'])}, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
         c.stdout.resume(); c.stderr.resume(); console.log(c.pid);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], HOME: emptyHome(), ...one.env } },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const executor = Number(line);
    await one.atWork();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect([runs(executor), existsSync(one.report)]).toEqual([true, false]);
    writeFileSync(join(one.ws, 'go'), '');
    await until(() => existsSync(one.report), 'the report file');
    // Whole from the first moment on.
    expect(readJson(one.report)).toMatchObject({ ok: true, dispatch_id: 'd1', exit_code: 0 });
    expect(readJson(one.report)['last_agent_message']).toContain('worked');
    const waited = await pandacode(one.wait, { env: one.env });
    expect([waited.code, waited.report]).toEqual([0, readJson(one.report)]);
    await until(() => !runs(executor), 'the end of the process');
    expect(readJson(one.pid)).toMatchObject({ state: 'exited', children: [] });
  });

  it('PC-STATE-04 PC-TEST-08 PC-ADOPT-11 that is killed itself leaves nothing alive once the next run has taken the session', async () => {
    const one = atWork(runtime, fake);
    const { child, ended } = await startPandacode(one.exec, { env: one.env });
    await one.atWork();
    const left = [...one.children(), one.shell()];
    child.kill('SIGKILL');
    await ended;
    const status = await pandacode(one.command('status'), { env: one.env });
    expect(status.report).toMatchObject({ ok: true, session: 's' });
    expect(status.report.state).not.toBe('running');
    const next = await pandacode(one.next, { env: one.env });
    expect([next.code, next.report.ok]).toEqual([0, true]);
    expect(left.filter(runs)).toEqual([]);
    // The first run is in the history of the session.
    expect(next.report.record.history).toHaveLength(1);
  });
});
