import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome, NodeRequest } from '../../schemas/node.ts';
import { identify } from '../../system/process-table.ts';
import { fixture, lines, onCleanup, request, tempDir, until } from './support.ts';

const here = dirname(fileURLToPath(import.meta.url));
// Inside the package, so that the program finds its packages.
const built = resolve(here, `../../node_modules/.cache/odw-test/host-${process.pid}`);
const features = '--report-file,--pid-file,--dispatch-id,--detach-safe,--events-file';

beforeAll(async () => {
  await build({
    entryPoints: [join(here, 'host-program.ts')],
    outdir: built,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(built, { recursive: true, force: true, maxRetries: 5 }));

/** Starts a host of the node in a process, and process group, of its own. */
function startHost(node: NodeRequest, bin: string, env: NodeJS.ProcessEnv): ChildProcess {
  mkdirSync(node.runDir, { recursive: true });
  const settings = join(node.runDir, 'host.json');
  writeFileSync(settings, JSON.stringify({ request: node, activityId: 'abc.1.1', bin, result: join(node.runDir, 'result.json') }));
  const child = spawn(process.execPath, [join(built, 'host-program.mjs'), settings], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onCleanup(() => child.kill('SIGKILL'));
  return child;
}

async function killHost(child: ChildProcess): Promise<void> {
  process.kill(-child.pid!, 'SIGKILL');
  await until(() => !identify(child.pid!), 'the host to die');
}

async function resultOf(node: NodeRequest): Promise<NodeOutcome> {
  const path = join(node.runDir, 'result.json');
  await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('}'), 'the result');
  return JSON.parse(readFileSync(path, 'utf8')) as NodeOutcome;
}

const setUp = () => {
  const root = tempDir();
  const node = request(root);
  return { root, node, step: join(node.runDir, 'nodes', 'abc.1.1', '1'), env: { ODW_FIXTURE_DIR: root } };
};

describe('a host killed with SIGKILL', () => {
  it('EXEC-13 while its executor works: the next host waits for the same process', async () => {
    const { root, node, step, env } = setUp();
    const first = startHost(node, fixture('counted.sh'), env);
    await until(() => lines(join(root, 'starts')).length === 1);
    await killHost(first);
    // Whoever watches the executor writes it anew.
    rmSync(join(step, 'seen.json'), { force: true });
    startHost(node, fixture('counted.sh'), env);
    await until(() => existsSync(join(step, 'seen.json')), 'the next host to watch');
    expect(existsSync(join(node.runDir, 'result.json'))).toBe(false);
    writeFileSync(join(root, 'go'), '');
    expect(await resultOf(node)).toMatchObject({ status: 'ok', value: 'counted', taken: 'adopted', tokens: 5 });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('EXEC-13 whose executor ended afterwards: its result is taken', async () => {
    const { root, node, env, step } = setUp();
    const first = startHost(node, fixture('counted.sh'), env);
    await until(() => lines(join(root, 'starts')).length === 1);
    await killHost(first);
    writeFileSync(join(root, 'go'), '');
    await until(() => existsSync(join(step, 'code')));
    startHost(node, fixture('counted.sh'), env);
    expect(await resultOf(node)).toMatchObject({ status: 'ok', value: 'counted', taken: 'finished' });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('EXEC-13 together with supervisor and executor: goes on in the session when the executor can', async () => {
    const { root, node, env, step } = setUp();
    const own = { ...env, ODW_EXECUTOR_FEATURES: features };
    const first = startHost(node, fixture('announced.mjs'), own);
    await until(() => existsSync(join(node.runDir, 'nodes', 'abc.1.1', 'events.jsonl')));
    await killHost(first);
    const group = Number.parseInt(readFileSync(join(step, 'pid'), 'latin1'), 10);
    process.kill(-group, 'SIGKILL');
    await until(() => !identify(group));
    writeFileSync(join(root, 'go'), '');
    startHost(node, fixture('announced.mjs'), own);
    expect(await resultOf(node)).toMatchObject({ status: 'ok', value: 'done by resume', taken: 'continued' });
    expect(lines(join(root, 'starts')).map((line) => line.split(' ')[0])).toEqual(['exec', 'resume']);
  });

  it('EXEC-18 with the supervisor: the report file of the executor is enough', async () => {
    const { root, node, env, step } = setUp();
    const own = { ...env, ODW_EXECUTOR_FEATURES: features };
    const first = startHost(node, fixture('announced.mjs'), own);
    await until(() => existsSync(join(node.runDir, 'nodes', 'abc.1.1', 'events.jsonl')));
    await killHost(first);
    process.kill(Number.parseInt(readFileSync(join(step, 'pid'), 'latin1'), 10), 'SIGKILL');
    writeFileSync(join(root, 'go'), '');
    await until(() => existsSync(join(step, 'report.json')));
    startHost(node, fixture('announced.mjs'), own);
    expect(await resultOf(node)).toMatchObject({ status: 'ok', value: 'done by exec', tokens: 60 });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
    expect(existsSync(join(step, 'code'))).toBe(false);
  });

  it('EXEC-13 two hosts at once on one node: one start, one result', async () => {
    const { root, node, env } = setUp();
    startHost(node, fixture('counted.sh'), env);
    startHost(node, fixture('counted.sh'), env);
    await until(() => lines(join(root, 'starts')).length > 0);
    await new Promise((wake) => setTimeout(wake, 700));
    writeFileSync(join(root, 'go'), '');
    expect(await resultOf(node)).toMatchObject({ status: 'ok', value: 'counted' });
    expect(lines(join(root, 'starts'))).toHaveLength(1);
  });

  it('EXEC-10 EXEC-13 a time limit counts from the start of the executor, not of the host', async () => {
    const { root, node, env } = setUp();
    const limited = { ...node, timeoutMs: 60_000 };
    const first = startHost(limited, fixture('counted.sh'), env);
    await until(() => lines(join(root, 'starts')).length === 1);
    await killHost(first);
    // As if it had been started 75 s ago: limit and grace are over.
    const started = join(limited.runDir, 'nodes', 'abc.1.1', '1', 'pid');
    utimesSync(started, new Date(), new Date(Date.now() - 75_000));
    startHost(limited, fixture('counted.sh'), env);
    expect(await resultOf(node)).toMatchObject({ status: 'failed', failure: { category: 'pandacode_timeout' } });
    expect(lines(join(root, 'starts')).filter((line) => line.endsWith(' exec'))).toHaveLength(1);
  });
});
