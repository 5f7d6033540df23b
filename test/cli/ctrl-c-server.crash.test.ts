import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../control/support.ts';
import { leftovers } from '../support/leftovers.ts';
import { Project, startOdw, type OdwProcess } from '../support/odw.ts';
import { OwnHome } from '../support/schedules.ts';

// Notes its start and makes a file; "held" works until there is a file `go`.
const executor = `#!/bin/sh
p=$(cat "$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')")
echo "$p" >> "$ODW_TEST_DIR/starts"
echo "$p" > made.txt
case "$p" in held) while [ ! -e "$ODW_TEST_DIR/go" ]; do sleep 0.05; done ;; esac
printf '{"ok":true,"state":"completed","runtime":"claude","last_agent_message":"did %s"}\\n' "$p"
`;
const script = `const [held, tree] = await Promise.all([agent('held'), agent('held', { isolation: 'worktree', label: 'tree' })]);
return [held, tree.text, tree.worktree.files, await agent('last')];`;
/** Longer than a host needs that waits for no server, shorter than the 15 s that nodes get to end. */
const soonMs = 14_000;

let home: OwnHome;
let project: Project;
let run: OdwProcess | undefined;
let server = 0;
beforeAll(async () => {
  home = new OwnHome();
  await home.json(process.cwd(), ['server', 'start']);
});
afterAll(() => home.close());
afterEach(() => {
  project.write('go', '');
  if (server > 0) goOn();
  run?.child.kill('SIGKILL');
  project.remove();
});

const lines = () => (existsSync(join(project.dir, 'starts')) ? readFileSync(join(project.dir, 'starts'), 'utf8').trim().split('\n') : []);
const start = (...args: string[]) => startOdw(['exec', ...args], { cwd: project.dir, env: { ...home.env, ODW_TEST_DIR: project.dir } });
const goOn = () => {
  process.kill(server, 'SIGCONT');
  server = 0;
};

describe('Ctrl-C while the server does not answer', () => {
  it('CLI-04 WT-09 the executors get their time, what they made is captured, and odw is gone soon after', { timeout: 240_000 }, async () => {
    project = new Project({ 'a.js': script, executor, '.gitignore': 'starts\ngo\n.odw\n' });
    chmodSync(join(project.dir, 'executor'), 0o755);
    project.git();
    run = start('--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor');
    await until(() => lines().length === 2, 'both executors started');
    server = (JSON.parse(readFileSync(join(String(home.env['ODW_HOME']), 'server.json'), 'utf8')) as { pid: number }).pid;
    process.kill(server, 'SIGSTOP');
    run.child.kill('SIGINT');
    await run.until(/SIGINT: no new node is started/);
    const began = Date.now();
    project.write('go', '');
    const end = await run.end;
    const took = Date.now() - began;
    expect([end.code, end.stderr]).toEqual([130, expect.stringMatching(/the run stays open\. Go on with: odw exec --path \S+ --resume odw-exec-/)]);
    expect(took).toBeLessThan(soonMs);
    const runId = end.runId as string;
    expect(project.run(runId)).toMatchObject({ status: 'interrupted', finished_ms: null });
    goOn();
    expect(await start('--resume', 'latest').end).toMatchObject({ code: 0, runId });
    expect(project.state(runId)).toMatchObject({ result: ['did held', 'did held', ['made.txt'], 'did last'], failedAgents: {} });
    expect(lines().sort()).toEqual(['held', 'held', 'last']);
    expect(await leftovers(project.dir, join(String(home.env['ODW_HOME']), 'worktrees'))).toEqual([]);
  });
});
