import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveExecutor } from '../../activities/executor/resolve-executor.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import { readProcessTable } from '../../system/process-table.ts';
import { host, lines, request, tempDir, until } from './support.ts';

const answering = `console.log(JSON.stringify({ ok: true, state: 'completed', last_agent_message: 'done', usage: { total_tokens: 7 } }));\n`;
// Works in a session of its own, and has such a line on stderr; ends by itself when it is told to.
const worked = `import { appendFileSync, existsSync } from 'node:fs';
const args = process.argv.slice(2);
const flag = (name) => args[args.indexOf(name) + 1];
const event = (type, data) => appendFileSync(flag('--events-file'), JSON.stringify({ type, data }) + '\\n');
event('run.started', { dispatch_id: flag('--dispatch-id') });
event('session.started', { thread_id: 't' });
process.stderr.write('a tool said: ERR_MODULE_NOT_FOUND\\n');
setInterval(() => existsSync('go') && process.exit(1), 20);\n`;
const halfThere = `import './a-part-that-is-not-there.js';\n${answering}`;

/** A shipped executor in a folder of its own, and a host that has resolved it. */
function shipped(text: string, replacedMs: number) {
  const root = tempDir();
  const file = join(root, 'pandacode.mjs');
  writeFileSync(file, text);
  const executor = resolveExecutor(process.env, {}, file);
  const node = request(root);
  const made = host(file, {}, { executor });
  made.timings = { ...made.timings, replacedMs };
  return { file, node, made, step: (number: number) => join(node.runDir, 'nodes', made.activityId, String(number)) };
}

describe('the shipped executor, while an upgrade replaces it', () => {
  it('is waited for when it is away, and then does the node', async () => {
    const { file, node, made, step } = shipped(answering, 60_000);
    rmSync(file);
    const running = runNode(node, made);
    await until(() => existsSync(step(1)) && made.beats.length > 0, 'the node waits');
    writeFileSync(file, answering);
    expect(await running).toMatchObject({ status: 'ok', tokens: 7 });
  });

  it('leaves the node open when it does not come back, for a host whose odw is whole', async () => {
    const { file, node, made } = shipped(answering, 10);
    rmSync(file);
    await expect(runNode(node, made)).rejects.toMatchObject({ slug: 'odw-replaced', message: expect.stringContaining(file) as string });
    writeFileSync(file, answering);
    expect(await runNode(node, made)).toMatchObject({ status: 'ok', tokens: 7 });
  });

  it('is started again when it came before its parts, and that counts as nothing', async () => {
    const { file, node, made, step } = shipped(halfThere, 60_000);
    const running = runNode(node, made);
    await until(() => existsSync(join(step(1), 'code')), 'the first start has failed');
    writeFileSync(file, answering);
    expect(await running).toMatchObject({ status: 'ok', tokens: 7 });
    expect(existsSync(step(2))).toBe(true);
  });

  it('that never loads leaves the node open as well', async () => {
    const { file, node, made } = shipped(halfThere, 10);
    await expect(runNode(node, made)).rejects.toMatchObject({ slug: 'odw-replaced', message: expect.stringContaining('a-part-that-is-not-there') as string });
    writeFileSync(file, answering);
    expect(await runNode(node, made)).toMatchObject({ status: 'ok', tokens: 7 });
  });

  it('that worked and was killed goes on in its session, whatever stands on its stderr', async () => {
    const { file, node, made, step } = shipped(worked, 60_000);
    const running = runNode(node, made);
    await until(() => lines(join(step(1), 'err')).length === 1, 'its work');
    const supervisor = Number.parseInt(readFileSync(join(step(1), 'pid'), 'latin1'), 10);
    writeFileSync(file, answering);
    process.kill(readProcessTable().find(({ parent }) => parent === supervisor)!.pid, 'SIGKILL');
    expect(await running).toMatchObject({ status: 'ok', taken: 'continued' });
    expect(JSON.parse(readFileSync(join(step(2), 'step.json'), 'utf8'))).toMatchObject({ action: 'resume' });
  });

  it('that worked and failed has failed, and is not started again', async () => {
    const { node, made, step } = shipped(worked, 60_000);
    const running = runNode(node, made);
    await until(() => lines(join(step(1), 'err')).length === 1, 'its work');
    writeFileSync(join(node.root, 'go'), '');
    expect(await running).toMatchObject({ status: 'failed' });
    expect(existsSync(step(2))).toBe(false);
  });

  it('is the only one that is waited for: another that is missing fails its node', async () => {
    const { file, node, made } = shipped(answering, 60_000);
    rmSync(file);
    const outcome = await runNode(node, { ...made, executor: { ...made.executor, shipped: false } });
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'not_installed' } });
  });
});
