import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { removeSchedule, triggerSchedule } from '../../temporal/schedule/change.ts';
import { Project, type OdwProcess } from '../support/odw.ts';
import { OwnHome, waitFor } from '../support/schedules.ts';

// Notes its start, then works until there is a file `go`.
const held = `#!/bin/sh
echo $$ >> "$ODW_TEST_DIR/starts"
while [ ! -e "$ODW_TEST_DIR/go" ]; do sleep 0.05; done
echo '{"ok":true,"state":"completed","last_agent_message":"done","usage":{"total_tokens":5}}'
`;
const script = `const one = await agent('one', { label: 'one' }); return [one, await agent('two', { label: 'two', schema: { type: 'object' } })];`;
const own = fileURLToPath(new URL('../..', import.meta.url));
const tells = fileURLToPath(new URL('../fixtures/clis/tell.mjs', import.meta.url));

let home: OwnHome;
let client: Client;
let project: Project;
let installed: string;
beforeAll(async () => {
  home = new OwnHome();
  client = await home.client();
});
afterAll(() => home.close());

/** An installation of its own: the built odw, and the packages beside it. */
beforeEach(() => {
  installed = mkdtempSync(join(tmpdir(), 'odw-installed-'));
  cpSync(join(own, 'dist'), join(installed, 'dist'), { recursive: true });
  symlinkSync(join(own, 'node_modules'), join(installed, 'node_modules'));
  project = new Project({ 'a.js': script, executor: held });
  chmodSync(join(project.dir, 'executor'), 0o755);
});
afterEach(async () => {
  project.write('go', '');
  await home.endWorkers();
  await removeSchedule(client, 'job');
  for (const dir of [installed, project.dir]) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
});

const worker = (env: NodeJS.ProcessEnv = {}): Promise<OdwProcess> =>
  home.worker(project.dir, [], {
    env: { ODW_TEST_DIR: project.dir, PANDACODE_CLAUDE_BIN: tells, ...env },
    program: join(installed, 'dist/cli/odw.js'),
  });
const starts = () => (existsSync(join(project.dir, 'starts')) ? readFileSync(join(project.dir, 'starts'), 'utf8').trim().split('\n').length : 0);
const statusOf = (id: string) => (existsSync(join(project.runDir(id), 'run.json')) ? project.run(id).status : undefined);
const completed = async (id: string) => {
  await waitFor(() => existsSync(join(project.runDir(id), 'report.html')), 120_000);
  expect(project.run(id)).toMatchObject({ status: 'completed' });
  expect(project.state(id).failedAgents).toEqual({});
};

async function schedule(...flags: string[]): Promise<void> {
  await home.json(project.dir, ['schedule', 'create', 'job', '--every', '1h', '--script', 'a.js', '--backend', 'pandacode', '--no-lint', ...flags]);
}
async function trigger(): Promise<string> {
  const { run_id } = await triggerSchedule(client, 'job');
  if (run_id === null) throw new Error('nothing was started');
  return run_id;
}

describe('odw that is replaced or removed under a worker', () => {
  it('goes on, for it has all of its parts: the run under way and the next one come to their ends, with files and report', async () => {
    await schedule('--pandacode-bin', './executor');
    const serving = await worker();
    const first = await trigger();
    await waitFor(() => starts() === 1, 120_000);
    rmSync(join(installed, 'dist'), { recursive: true });
    project.write('go', '');
    await completed(first);
    expect(readFileSync(join(project.runDir(first), 'report.html'), 'utf8')).toContain('two');
    await completed(await trigger());
    expect(starts()).toBe(4);
    serving.child.kill('SIGTERM');
    expect((await serving.end).code).toBe(0);
  }, 240_000);

  it('waits for the shipped executor, though it was away when the node came', async () => {
    project.write('a.js', `return (await agent('one')).length > 0`);
    await schedule();
    const serving = await worker();
    const program = join(installed, 'dist/pandacode');
    renameSync(program, join(installed, 'away'));
    const id = await trigger();
    await serving.until(new RegExp(`run ${id}: a in`), 120_000);
    // The node has its files and no executor: it waits, and has not failed.
    await waitFor(() => existsSync(join(project.runDir(id), 'nodes')) && readdirSync(join(project.runDir(id), 'nodes')).length === 1, 120_000);
    renameSync(join(installed, 'away'), program);
    await completed(id);
    expect(project.state(id).result).toBe(true);
  }, 240_000);

  it('and the packages with it: a part that is not loaded makes it leave the queue with an error and the run open, and the next worker goes on with it', async () => {
    // The compiler of TypeScript is loaded when the first script asks for it.
    project.write('child.ts', `export default async function main(): Promise<unknown> { return await agent('child'); }`);
    project.write('a.js', `return [await agent('one'), await workflow('./child.ts')]`);
    await schedule('--pandacode-bin', './executor');
    const serving = await worker();
    const id = await trigger();
    await waitFor(() => starts() === 1, 120_000);
    renameSync(join(installed, 'node_modules'), join(installed, 'away'));
    project.write('go', '');
    const end = await serving.end;
    expect([end.code, end.stderr]).toEqual([1, expect.stringMatching(/odw was replaced or removed while it ran: .*ts-blank-space[^]*\(odw-replaced/)]);
    expect([statusOf(id), starts()]).toEqual(['interrupted', 1]);
    renameSync(join(installed, 'away'), join(installed, 'node_modules'));
    await worker();
    await completed(id);
    expect(starts()).toBe(2);
  }, 240_000);
});
