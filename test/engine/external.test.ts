import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rememberCluster, knownCluster } from '../../temporal/engine/clusters.ts';
import { externalEngine } from '../../temporal/engine/external.ts';
import { findEngine } from '../../temporal/engine/index.ts';
import { engineLayout } from '../../temporal/engine/layout.ts';
import { failureOf } from './support/failure.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'odw-external-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const envWith = (more: NodeJS.ProcessEnv) => ({ HOME: home, ODW_HOME: join(home, 'odw'), ...more });

describe('externalEngine', () => {
  it('is undefined when nothing is configured', async () => {
    expect(await externalEngine(envWith({}))).toBeUndefined();
  });

  it('takes TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, without contacting the cluster', async () => {
    const engine = await findEngine({ env: envWith({ TEMPORAL_ADDRESS: 'cluster.test:7233', TEMPORAL_NAMESPACE: 'team' }) });
    expect(engine).toMatchObject({ address: 'cluster.test:7233', namespace: 'team', managed: false, uiUrl: null, searchAttributes: false });
    expect(engine?.connection).toMatchObject({ address: 'cluster.test:7233' });
  });

  it('turns TLS on with an API key, and passes metadata', async () => {
    const env = envWith({ TEMPORAL_ADDRESS: 'c.test:7233', TEMPORAL_API_KEY: 'key-1', TEMPORAL_GRPC_META_TEAM: 'red' });
    expect((await externalEngine(env))?.connection).toMatchObject({ apiKey: 'key-1', tls: true, metadata: { team: 'red' } });
  });

  it('reads the default profile where the CLI keeps it, and a named profile', async () => {
    const folder = mkdtempSync(join(home, 'profile-'));
    const file =
      process.platform === 'darwin'
        ? join(folder, 'Library', 'Application Support', 'temporalio', 'temporal.toml')
        : join(folder, '.config', 'temporalio', 'temporal.toml');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      '[profile.default]\naddress = "default.test:7233"\n[profile.prod]\naddress = "prod.test:7233"\nnamespace = "p"\n[profile.empty]\nnamespace = "e"\n',
    );
    const env = { HOME: folder, ODW_HOME: join(folder, 'odw') };
    expect(await externalEngine(env)).toMatchObject({ address: 'default.test:7233', namespace: 'default' });
    expect(await externalEngine({ ...env, TEMPORAL_PROFILE: 'prod' })).toMatchObject({ address: 'prod.test:7233', namespace: 'p' });
    const empty = await failureOf(externalEngine({ ...env, TEMPORAL_PROFILE: 'empty' }));
    expect(empty).toMatchObject({ slug: 'engine-config', fields: { profile: 'empty' } });
  });

  it('refuses a profile that is not there and a file that cannot be parsed', async () => {
    const unknown = await failureOf(externalEngine(envWith({ TEMPORAL_PROFILE: 'nowhere' })));
    expect(unknown.slug).toBe('engine-config');
    expect(unknown.message).toContain('nowhere');
    const broken = join(home, 'broken.toml');
    writeFileSync(broken, '[profile.default\naddress=');
    expect((await failureOf(externalEngine(envWith({ TEMPORAL_CONFIG_FILE: broken })))).slug).toBe('engine-config');
  });
});

describe('clusters.json', () => {
  const path = () => engineLayout(envWith({})).clusters;
  const day = 24 * 3600 * 1000;

  it('remembers a success for good, and a failure for a day', () => {
    expect(knownCluster(path(), 'a:1', 'n')).toBeUndefined();
    rememberCluster(path(), 'a:1', 'n', { searchAttributes: true, warning: null }, 1000);
    rememberCluster(path(), 'b:1', 'n', { searchAttributes: false, warning: 'no rights' }, 1000);
    expect(knownCluster(path(), 'a:1', 'n', 1000 + 100 * day)).toMatchObject({ searchAttributes: true });
    expect(knownCluster(path(), 'a:1', 'other')).toBeUndefined();
    expect(knownCluster(path(), 'b:1', 'n', 1000 + day - 1)).toMatchObject({ warning: 'no rights' });
    expect(knownCluster(path(), 'b:1', 'n', 1000 + day + 1)).toBeUndefined();
  });

  it('puts what it remembers on the engine', async () => {
    expect(await externalEngine(envWith({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_NAMESPACE: 'n' }))).toMatchObject({ searchAttributes: true });
    rememberCluster(path(), 'c:1', 'n', { searchAttributes: false, warning: 'no rights' });
    expect(await externalEngine(envWith({ TEMPORAL_ADDRESS: 'c:1', TEMPORAL_NAMESPACE: 'n' }))).toMatchObject({
      searchAttributes: false,
      warning: 'no rights',
    });
  });

  it('begins anew when the file is damaged', () => {
    writeFileSync(path(), '{"a:1 n":');
    expect(knownCluster(path(), 'a:1', 'n')).toBeUndefined();
    rememberCluster(path(), 'd:1', 'n', { searchAttributes: true, warning: null });
    expect(knownCluster(path(), 'd:1', 'n')).toMatchObject({ searchAttributes: true });
  });
});
