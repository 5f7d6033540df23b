import { createServer } from 'node:net';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findOnPath } from '../../temporal/engine/binary/find.ts';
import { obtainBinary } from '../../temporal/engine/binary/install.ts';
import { pinnedVersion } from '../../temporal/engine/binary/version.ts';
import { ensureEngine, stopServer, type Progress } from '../../temporal/engine/index.ts';
import { engineLayout } from '../../temporal/engine/layout.ts';
import { failureOf } from './support/failure.ts';
import { makeHome } from './support/home.ts';

let path: string;
let env: NodeJS.ProcessEnv;
beforeAll(() => {
  path = mkdtempSync(join(tmpdir(), 'odw-provision-'));
  // The caller's environment, for Go wants its caches and proxy; but none of the caller's Temporal settings or programs.
  env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(ODW|TEMPORAL)_/.test(name)));
  const go = findOnPath('go', process.env);
  env = { ...env, PATH: `${go ? join(go, '..') : ''}:/usr/bin:/bin`, ODW_HOME: join(path, 'odw'), XDG_CONFIG_HOME: join(path, 'config') };
});
afterAll(async () => {
  await stopServer({ env });
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});

describe('a machine with Go and no download', () => {
  it('builds the pinned server from source, once, with progress, and runs on it', { timeout: 900_000 }, async () => {
    const said: Progress[] = [];
    const building = { ...env, ODW_NO_DOWNLOAD: '1' };
    const both = await Promise.all([ensureEngine({ env: building, onProgress: (progress) => said.push(progress) }), ensureEngine({ env: building })]);
    expect(both[0]).toEqual(both[1]);
    expect(both[0]).toMatchObject({ managed: true, searchAttributes: true });

    const phases = [...new Set(said.map((progress) => progress.phase))].filter((phase) => phase !== 'wait');
    expect(phases).toEqual(['download', 'modules', 'build', 'start', 'setup']);
    expect(said.find((progress) => progress.phase === 'download')?.message).toBe('the download is forbidden by ODW_NO_DOWNLOAD');
    const built = said.filter((progress) => progress.phase === 'build');
    expect(built[0]?.total).toBeGreaterThan(1000);
    expect(built.every((progress) => (progress.done ?? 0) <= (progress.total ?? 0))).toBe(true);

    const { binary } = engineLayout(env);
    expect(statSync(binary).size).toBeGreaterThan(50_000_000);
    // Its version is the release's, not that of a development build.
    expect(await obtainBinary({ env: building })).toEqual({ path: binary, version: { ...pinnedVersion }, origin: 'ODW_HOME' });
  });
});

describe('a download site that accepts and never answers', () => {
  it('is given up after five seconds', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const home = makeHome({ PATH: '/usr/bin:/bin', ODW_DOWNLOAD_URL: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    const begun = Date.now();
    const failure = await failureOf(obtainBinary({ env: home.env }));
    silent.close();
    expect(failure.message).toContain('no connection within 5 s');
    expect(Date.now() - begun).toBeGreaterThan(4_500);
    expect(existsSync(engineLayout(home.env).binary)).toBe(false);
  });
});
