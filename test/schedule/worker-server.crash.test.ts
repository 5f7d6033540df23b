import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { removeSchedule, triggerSchedule } from '../../temporal/schedule/change.ts';
import { Project } from '../support/odw.ts';
import { OwnHome, waitFor } from '../support/schedules.ts';

// Notes its start, then works until there is a file `go`.
const held = `#!/bin/sh
echo $$ >> starts
while [ ! -e go ]; do sleep 0.05; done
echo '{"ok":true,"state":"completed","last_agent_message":"done","usage":{"total_tokens":5}}'
`;

let home: OwnHome;
let client: Client;
let project: Project;
let server = 0;
beforeAll(async () => {
  home = new OwnHome();
  client = await home.client();
});
afterAll(() => home.close());
afterEach(async () => {
  project.write('go', '');
  if (server > 0) goOn();
  await home.endWorkers();
  await removeSchedule(client, 'job');
  project.remove();
});

const starts = () => (existsSync(join(project.dir, 'starts')) ? readFileSync(join(project.dir, 'starts'), 'utf8').trim().split('\n').length : 0);
const goOn = () => {
  process.kill(server, 'SIGCONT');
  server = 0;
};

describe('a worker that is to leave while the server does not answer', () => {
  it('CLI-04 leaves without an error and soon, its executors work on, and the next worker takes their answers', { timeout: 240_000 }, async () => {
    project = new Project({ 'a.js': `return await Promise.all([agent('one'), agent('two')])`, executor: held });
    chmodSync(join(project.dir, 'executor'), 0o755);
    const exec = ['--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--no-lint'];
    await home.json(project.dir, ['schedule', 'create', 'job', '--every', '1h', ...exec]);
    const worker = await home.worker(project.dir);
    const { run_id: id } = await triggerSchedule(client, 'job');
    if (id === null) throw new Error('nothing was started');
    await waitFor(() => starts() === 2, 120_000);
    server = (JSON.parse(readFileSync(join(String(home.env['ODW_HOME']), 'server.json'), 'utf8')) as { pid: number }).pid;
    process.kill(server, 'SIGSTOP');
    worker.child.kill('SIGINT');
    await worker.until(/SIGINT: taking no more work/);
    const began = Date.now();
    const end = await worker.end;
    const took = Date.now() - began;
    expect([end.code, end.stderr, end.stdout]).toEqual([0, '', expect.stringContaining('left the queue')]);
    // Nodes are told to leave after 3 s; a worker gives up on its server by itself after 17.
    expect(took).toBeLessThan(15_500);
    expect(project.run(id).status).toBe('interrupted');
    project.write('go', '');
    goOn();
    await home.worker(project.dir);
    await waitFor(() => existsSync(join(project.runDir(id), 'report.html')), 120_000);
    expect(project.run(id)).toMatchObject({ status: 'completed', census: { ok: 2 } });
    expect(project.state(id).result).toEqual(['done', 'done']);
    expect(starts()).toBe(2);
  });
});
