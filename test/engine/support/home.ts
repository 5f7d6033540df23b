import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { stopServer } from '../../../temporal/engine/index.ts';
import { obtainBinary } from '../../../temporal/engine/binary/install.ts';

/** A temporary ODW_HOME with an environment of its own; its server is stopped and the folder removed after the file's tests. */
export interface TestHome {
  path: string;
  env: NodeJS.ProcessEnv;
}

const homes: TestHome[] = [];

afterAll(async () => {
  for (const home of homes) {
    await stopServer({ env: home.env });
    rmSync(home.path, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** Nothing of the caller's Temporal settings leaks in: PATH is the only variable taken over, and profiles are looked for in the empty home. */
export function makeHome(extra: NodeJS.ProcessEnv = {}): TestHome {
  const path = mkdtempSync(join(tmpdir(), 'odw-engine-'));
  const home = { path, env: { PATH: process.env['PATH'], HOME: path, ODW_HOME: join(path, 'state', 'odw'), ...extra } };
  homes.push(home);
  return home;
}

/** A home whose engine starts from the real server program of this machine. */
export async function makeServerHome(extra: NodeJS.ProcessEnv = {}): Promise<TestHome> {
  return makeHome({ ODW_TEMPORAL_BIN: await serverBinary(), ...extra });
}

/** Path of a Temporal CLI, found like odw finds it (ODW_TEMPORAL_BIN, PATH, ODW_HOME, download, build). */
export async function serverBinary(): Promise<string> {
  return (await obtainBinary({ env: process.env })).path;
}
