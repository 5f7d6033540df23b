import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { archiveName } from '../../temporal/engine/binary/download.ts';
import { findBinary } from '../../temporal/engine/binary/find.ts';
import { installBinary, obtainBinary } from '../../temporal/engine/binary/install.ts';
import { installServer, type Progress } from '../../temporal/engine/index.ts';
import { choosePort } from '../../temporal/engine/server/ports.ts';
import { engineLayout } from '../../temporal/engine/layout.ts';
import { failureOf } from './support/failure.ts';
import { makeHome } from './support/home.ts';
import { fakeTemporal, versionLine, writeProgram } from './support/programs.ts';
import { tarGz } from './support/tar.ts';

const script = `#!/bin/sh\necho '${versionLine}'\n`;
const archive = archiveName(process.platform, process.arch) ?? '';

// Only what the fake programs need; the machine's own temporal and go must not be found.
const systemPath = '/usr/bin:/bin';

let site: Server;
let url: string;
let files: Record<string, Buffer>;
let requests: string[];
beforeAll(async () => {
  site = createServer((request, response) => {
    requests.push(request.url ?? '');
    const body = files[request.url ?? ''];
    if (!body) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': body.length }).end(body);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(() => void site.close());
afterEach(() => {
  files = {};
  requests = [];
});
files = {};
requests = [];

function offer(content: Buffer, digest = createHash('sha256').update(content).digest('hex')): void {
  files = { [`/v1.8.2/${archive}`]: content, '/v1.8.2/checksums.txt': Buffer.from(`0000  other.tar.gz\n${digest}  ${archive}\n`) };
}

/** A `go` that behaves like the real one as far as odw can see, and "builds" a script. */
const fakeGo = `
echo "$@" >> "$HOME/go.log"
case "$1" in
list) echo 'go: downloading example.test/a v1.0.0' >&2; echo 'go: downloading example.test/b v1.0.0' >&2; printf 'fmt\\nexample.test/a\\nexample.test/b\\n' ;;
build) echo 'example.test/a' >&2; echo 'example.test/b' >&2; while [ "$1" != -o ]; do shift; done; printf '%s\\n' '#!/bin/sh' "echo '${versionLine}'" > "$2"; chmod +x "$2" ;;
esac`;

function homeWithGo(body: string, extra: NodeJS.ProcessEnv = {}) {
  const home = makeHome(extra);
  writeProgram(join(home.path, 'bin', 'go'), body);
  return { ...home, env: { ...home.env, PATH: `${join(home.path, 'bin')}:${systemPath}` } };
}

describe('archiveName', () => {
  it('knows the published platforms and no others', () => {
    expect(archiveName('linux', 'x64')).toBe('temporal_cli_1.8.2_linux_amd64.tar.gz');
    expect(archiveName('darwin', 'arm64')).toBe('temporal_cli_1.8.2_darwin_arm64.tar.gz');
    expect(archiveName('win32', 'x64')).toBe('temporal_cli_1.8.2_windows_amd64.tar.gz');
    expect(archiveName('freebsd', 'x64')).toBeUndefined();
    expect(archiveName('linux', 's390x')).toBeUndefined();
  });
});

describe('findBinary', () => {
  it('prefers ODW_TEMPORAL_BIN, then PATH, then ODW_HOME/bin', async () => {
    const home = makeHome();
    const layout = engineLayout(home.env);
    const own = fakeTemporal(layout.binary);
    expect((await findBinary({ env: { ...home.env, PATH: systemPath } })).binary).toMatchObject({ path: own, origin: 'ODW_HOME' });
    const onPath = fakeTemporal(join(home.path, 'p', 'temporal'));
    const PATH = `${dirname(onPath)}:${systemPath}`;
    expect((await findBinary({ env: { ...home.env, PATH } })).binary).toMatchObject({
      path: onPath,
      origin: 'PATH',
      version: { cli: '1.8.2', server: '1.31.2' },
    });
    const named = fakeTemporal(join(home.path, 'mine'));
    expect((await findBinary({ env: { ...home.env, PATH, ODW_TEMPORAL_BIN: named } })).binary).toMatchObject({ path: named, origin: 'ODW_TEMPORAL_BIN' });
  });

  it.each([
    ['is too old', 'temporal version 1.4.1 (Server 1.28.0, UI 2.39.0)', 'older than'],
    ['is another program', 'temporal, the time travel tool', 'no Temporal CLI'],
  ])('skips a temporal on PATH that %s, and says so', async (_what, line, why) => {
    const home = makeHome();
    const onPath = fakeTemporal(join(home.path, 'p', 'temporal'), line);
    const said: Progress[] = [];
    const found = await findBinary({ env: { ...home.env, PATH: dirname(onPath) + ':' + systemPath }, onProgress: (progress) => said.push(progress) });
    expect(found.binary).toBeUndefined();
    expect(said).toHaveLength(1);
    expect(said[0]?.message).toContain(onPath);
    expect(said[0]?.message).toContain(why);
    expect(found.tried.join('; ')).toContain(why);
  });

  it('ignores files that cannot be run and folders named temporal', async () => {
    const home = makeHome();
    const folder = join(home.path, 'p');
    mkdirSync(join(folder, 'temporal'), { recursive: true });
    const plain = fakeTemporal(join(home.path, 'q', 'temporal'));
    chmodSync(plain, 0o644);
    expect((await findBinary({ env: { ...home.env, PATH: `${folder}:${dirname(plain)}` } })).binary).toBeUndefined();
  });

  it.each([
    ['is missing', undefined],
    ['is no Temporal CLI', 'hello'],
    ['is too old', 'temporal version 1.4.1 (Server 1.28.0, UI 2.39.0)'],
  ])('refuses an ODW_TEMPORAL_BIN that %s, by its path', async (_what, line) => {
    const home = makeHome();
    const path = join(home.path, 'named');
    if (line) fakeTemporal(path, line);
    const failure = await failureOf(findBinary({ env: { ...home.env, ODW_TEMPORAL_BIN: path } }));
    expect(failure.slug).toBe('engine-binary-unusable');
    expect(failure.message).toContain(path);
  });

  it('passes over a program the database objects to, except one the user named', async () => {
    const home = makeHome();
    const own = fakeTemporal(engineLayout(home.env).binary);
    const objection = () => 'the database says no';
    expect((await findBinary({ env: { ...home.env, PATH: '' }, objection })).tried.join()).toContain('the database says no');
    expect((await findBinary({ env: { ...home.env, ODW_TEMPORAL_BIN: own }, objection })).binary?.path).toBe(own);
  });
});

describe('the download', () => {
  it('puts the program of the release archive into ODW_HOME/bin', async () => {
    const home = makeHome({ PATH: systemPath, ODW_DOWNLOAD_URL: url });
    offer(tarGz({ LICENSE: 'x'.repeat(1500), temporal: script }));
    const said: Progress[] = [];
    const binary = await obtainBinary({ env: home.env, onProgress: (progress) => said.push(progress) });
    expect(binary).toEqual({ path: engineLayout(home.env).binary, version: { cli: '1.8.2', server: '1.31.2' }, origin: 'download' });
    expect(said.at(-1)).toMatchObject({ phase: 'download', done: files[`/v1.8.2/${archive}`]?.length, total: files[`/v1.8.2/${archive}`]?.length });
    expect(readdirSync(dirname(binary.path))).toEqual(['temporal']);
    // The next search finds it without asking the site.
    requests = [];
    expect((await obtainBinary({ env: home.env })).origin).toBe('ODW_HOME');
    expect(requests).toEqual([]);
  });

  it.each([
    ['has another SHA-256 than published', () => offer(tarGz({ temporal: script }), '0'.repeat(64)), 'SHA-256'],
    ['is cut short', () => offer(tarGz({ temporal: script.repeat(50) }).subarray(0, 100)), 'failed'],
    ['is no archive', () => offer(Buffer.from('<html>log in first</html>')), 'failed'],
    ['is a gzip without a tar', () => offer(gzipSync(Buffer.from('x'.repeat(600)))), 'failed'],
    ['holds no temporal', () => offer(tarGz({ LICENSE: 'x' })), 'no temporal program'],
    ['is not there', () => (files = {}), '404'],
  ])('is not used when it %s; nothing is left behind', async (_what, prepare, why) => {
    const home = makeHome({ PATH: systemPath, ODW_DOWNLOAD_URL: url });
    prepare();
    const failure = await failureOf(obtainBinary({ env: home.env }));
    expect(failure.slug).toBe('engine-no-binary');
    expect(failure.message).toContain(why);
    expect(readdirSync(dirname(engineLayout(home.env).binary))).toEqual([]);
  });

  it('runs once for two installers at the same time; the second says that it waits', async () => {
    const home = makeHome({ PATH: systemPath, ODW_DOWNLOAD_URL: url });
    offer(tarGz({ temporal: script }));
    const said: Progress[] = [];
    const both = await Promise.all([obtainBinary({ env: home.env }), obtainBinary({ env: home.env, onProgress: (progress) => said.push(progress) })]);
    expect(requests.filter((one) => one.endsWith('.tar.gz'))).toHaveLength(1);
    expect(both.map((one) => one.origin).sort()).toEqual(['ODW_HOME', 'download']);
    expect(said.find((progress) => progress.phase === 'wait')?.message).toContain(`waiting for process ${process.pid}`);
  });
});

describe('the build with Go', () => {
  it('follows when the download is forbidden, and counts modules and packages', async () => {
    const home = homeWithGo(fakeGo, { ODW_NO_DOWNLOAD: '1', ODW_DOWNLOAD_URL: url });
    const said: Progress[] = [];
    const binary = await obtainBinary({ env: home.env, onProgress: (progress) => said.push(progress) });
    expect(binary).toMatchObject({ path: engineLayout(home.env).binary, origin: 'build' });
    expect(requests).toEqual([]);
    expect(said.filter((one) => one.phase === 'modules').at(-1)?.done).toBe(2);
    expect(said.filter((one) => one.phase === 'build').map((one) => one.done)).toEqual([0, 1, 2]);
    expect(said.at(-1)?.total).toBe(3);
    const log = readFileSync(join(home.path, 'go.log'), 'utf8');
    expect(log).toContain('-trimpath -ldflags -s -w -X github.com/temporalio/cli/internal/temporalcli.Version=1.8.2 -o');
  });

  it('follows when the download site refuses', async () => {
    const home = homeWithGo(fakeGo, { ODW_DOWNLOAD_URL: url });
    expect((await obtainBinary({ env: home.env })).origin).toBe('build');
    expect(requests).toHaveLength(1);
  });

  it('passes the module of this package, without writing beside it', async () => {
    const home = homeWithGo(`[ -f go.mod ] && [ -f go.sum ] && pwd > "$HOME/where"; ${fakeGo}`, { ODW_NO_DOWNLOAD: '1' });
    await obtainBinary({ env: home.env });
    const where = readFileSync(join(home.path, 'where'), 'utf8').trim();
    expect(where).toContain('odw-build-');
    expect(existsSync(where)).toBe(false);
  });

  it('quotes the compiler when it fails, and leaves no half program', async () => {
    const home = homeWithGo(`case "$1" in list) echo fmt;; build) echo 'x.go:3:1: syntax error' >&2; exit 2;; esac`, { ODW_NO_DOWNLOAD: '1' });
    const failure = await failureOf(obtainBinary({ env: home.env }));
    expect(failure.slug).toBe('engine-build-failed');
    expect(failure.message).toContain('x.go:3:1: syntax error');
    expect(failure.message).toContain('forbidden by ODW_NO_DOWNLOAD');
    expect(readdirSync(dirname(engineLayout(home.env).binary))).toEqual([]);
  });

  it('names a full disk', async () => {
    const home = homeWithGo(`echo 'write /tmp/x: no space left on device' >&2; exit 1`, { ODW_NO_DOWNLOAD: '1' });
    expect((await failureOf(obtainBinary({ env: home.env }))).slug).toBe('engine-disk-full');
  });

  it('is refused when what it made is no server', async () => {
    const home = homeWithGo(`case "$1" in build) while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\\necho hi\\n' > "$2"; chmod +x "$2";; esac`, {
      ODW_NO_DOWNLOAD: '1',
    });
    expect((await failureOf(obtainBinary({ env: home.env }))).slug).toBe('engine-binary-unusable');
  });
});

describe('without network and Go', () => {
  it('the error lists every step and the ways out', async () => {
    const home = makeHome({ PATH: systemPath, ODW_DOWNLOAD_URL: `http://127.0.0.1:${await choosePort([])}` });
    const failure = await failureOf(obtainBinary({ env: home.env }));
    expect(failure.slug).toBe('engine-no-binary');
    for (const step of ['ODW_TEMPORAL_BIN', 'temporal on PATH', engineLayout(home.env).binary, 'ECONNREFUSED', 'no Go'])
      expect(failure.message).toContain(step);
    for (const way of ['install Go', 'ODW_TEMPORAL_BIN', 'TEMPORAL_ADDRESS']) expect(failure.next).toContain(way);
  });
});

describe('installServer', () => {
  it('takes what is there, and with force installs the pinned version all the same', async () => {
    const home = makeHome({ PATH: systemPath, ODW_DOWNLOAD_URL: url });
    const named = fakeTemporal(join(home.path, 'named'));
    const env = { ...home.env, ODW_TEMPORAL_BIN: named };
    offer(tarGz({ temporal: script }));
    expect(await installServer({ env })).toMatchObject({ path: named });
    expect(await installServer({ env, force: true })).toMatchObject({ path: engineLayout(env).binary, origin: 'download' });
  });

  it('removes what killed installers left, and replaces a program of another line', async () => {
    const home = makeHome({ PATH: systemPath, ODW_DOWNLOAD_URL: url });
    const { binary } = engineLayout(home.env);
    fakeTemporal(binary, 'temporal version 1.4.1 (Server 1.28.0, UI 2.39.0)');
    writeFileSync(`${binary}.tmp.1`, 'half');
    offer(tarGz({ './temporal': script }));
    expect(await installBinary({ env: home.env })).toMatchObject({ path: binary, version: { cli: '1.8.2' } });
    expect(readdirSync(dirname(binary))).toEqual(['temporal']);
  });

  it('says so when ODW_HOME cannot be a folder', async () => {
    const home = makeHome({ PATH: systemPath });
    const file = join(home.path, 'file');
    writeFileSync(file, '');
    const failure = await failureOf(installServer({ env: { ...home.env, ODW_HOME: join(file, 'odw') } }));
    expect(failure.slug).toBe('engine-home-unusable');
    expect(failure.message).toContain('ODW_HOME');
  });
});
