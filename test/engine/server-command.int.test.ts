import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from './support/bundle.ts';
import { makeServerHome, type TestHome } from './support/home.ts';

let home: TestHome;
let program: string;
beforeAll(async () => {
  home = await makeServerHome();
  program = await bundleProgram(fileURLToPath(new URL('./support/server-cli.ts', import.meta.url)));
});

const odw = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  execa(process.execPath, [program, ...args], { env: { ...home.env, ...env }, extendEnv: false, reject: false });
const json = async (args: string[]): Promise<Record<string, unknown>> => {
  const { stdout, exitCode } = await odw([...args, '--json']);
  return { exitCode, ...(JSON.parse(stdout) as Record<string, unknown>) };
};

describe('odw server', () => {
  it('goes through a whole life', async () => {
    expect(await json(['server', 'status'])).toMatchObject({ exitCode: 1, running: false });
    const installed = await json(['server', 'install']);
    expect(installed).toMatchObject({ exitCode: 0, path: home.env['ODW_TEMPORAL_BIN'], origin: 'ODW_TEMPORAL_BIN' });

    const start = await odw(['server', 'start']);
    expect(start.exitCode).toBe(0);
    expect(start.stdout).toMatch(/^engine {3}managed server, started$/m);
    expect(start.stdout).toMatch(/^web ui {3}http:\/\/127\.0\.0\.1:\d+$/m);
    expect(start.stderr).toContain('odw: starting the Temporal server');

    const again = await json(['server', 'start']);
    expect(again).toMatchObject({ exitCode: 0, started: false, running: true, healthy: true });
    const status = await odw(['server', 'status']);
    expect([status.exitCode, status.stderr]).toEqual([0, '']);
    expect(status.stdout).toContain(`address  ${String(again['address'])} (namespace default)`);
    expect((await odw(['server', 'logs', '-n', '1'])).stdout.split('\n')).toHaveLength(1);
    expect(await json(['server', 'logs', '--lines', '3'])).toMatchObject({ lines: [expect.any(String), expect.any(String), expect.any(String)] });

    expect(await json(['server', 'stop'])).toEqual({ exitCode: 0, stopped: true, pid: again['pid'] });
    const stop = await odw(['server', 'stop']);
    expect([stop.exitCode, stop.stdout]).toEqual([0, 'not running']);
  });

  it('does not start a server of its own beside a configured cluster', async () => {
    const { exitCode, stderr } = await odw(['server', 'start'], { TEMPORAL_ADDRESS: 'cluster.test:7233' });
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^engine-not-managed: .*cluster\.test:7233/)]);
  });

  it.each([
    ['--port', 'x'],
    ['--port', '0'],
    ['--port', '-1'],
  ])('refuses start %s %s', async (...args) => {
    const { exitCode, stderr } = await odw(['server', 'start', ...args]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('expected a whole number');
  });
});
