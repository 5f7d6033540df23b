import { createRequire } from 'node:module';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type * as Undici from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { proxyFor } from '../../../pandacode/runtimes/bamboo/model/proxy.ts';
import { transportFor } from '../../../pandacode/runtimes/bamboo/model/transport.ts';
import { removeWorkspaces } from '../../support/pandacode.ts';
import { bambooTest, taskOf, testKey } from './bamboo-run.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  removeWorkspaces();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy on loopback that leads every tunnel to one port, and remembers where it should have gone. */
async function startProxy(target: number, answer = 'HTTP/1.1 200 OK'): Promise<{ url: string; asked: { to: string; auth: string | undefined }[] }> {
  const asked: { to: string; auth: string | undefined }[] = [];
  const proxy = createServer((_, response) => response.writeHead(405).end());
  proxy.on('connect', (request, socket) => {
    asked.push({ to: request.url!, auth: request.headers['proxy-authorization'] });
    socket.on('error', () => undefined);
    if (!answer.includes(' 200 ')) return socket.end(`${answer}\r\n\r\n`);
    const onward = connect(target, '127.0.0.1', () => {
      socket.write(`${answer}\r\n\r\n`);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    open.push(() => void onward.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(proxy)}`, asked };
}

describe('proxies', () => {
  it.each([
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    ['https://api.test/v1', { https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:1' }, 'http://low:1'],
    ['https://api.test/v1', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://api.test/v1', { HTTP_PROXY: 'p:1' }, 'http://p:1'],
    ['https://api.test/v1', { ALL_PROXY: 'http://a:1' }, 'http://a:1'],
    ['https://api.test/v1', { HTTPS_PROXY: ' ' }, undefined],
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'other.test, api.test' }, undefined],
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1', no_proxy: '.test' }, undefined],
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1', no_proxy: '*.test' }, undefined],
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'pi.test' }, 'http://p:1'],
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'api.test:8443' }, 'http://p:1'],
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'API.TEST:443' }, undefined],
    ['https://api.test/v1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    ['http://127.0.0.1:9/v1', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://localhost:9/v1', { ALL_PROXY: 'http://p:1' }, undefined],
    ['http://[::1]:9/v1', { HTTP_PROXY: 'http://p:1' }, undefined],
  ])('PC-PROV-10 %s with %j goes by %s', (address, env, expected) => {
    expect(proxyFor(address, env)).toBe(expected);
  });

  it('PC-PROV-10 PC-ENV-08 a run reaches its vendor through the proxy that the environment names, with its password', async () => {
    const bamboo = await bambooTest();
    open.push(() => bamboo.server.close());
    const proxy = await startProxy(bamboo.server.port);
    const { code, report } = await bamboo.exec(taskOf([{ bash: 'echo one' }, { text: 'through' }]), {
      env: { DEEPSEEK_BASE_URL: 'http://models.example:8080', HTTP_PROXY: proxy.url.replace('//', '//me:pass@') },
    });
    expect([code, report.last_agent_message]).toEqual([0, 'through']);
    expect(proxy.asked).toEqual([{ to: 'models.example:8080', auth: `Basic ${btoa('me:pass')}` }]);
    expect(bamboo.server.requests.every((one) => one.headers.authorization === `Bearer ${testKey}`)).toBe(true);
  });

  it('PC-PROV-10 a proxy that refuses is network trouble; one of another kind is a usage error; neither shows its password', async () => {
    const bamboo = await bambooTest();
    open.push(() => bamboo.server.close());
    const proxy = await startProxy(0, 'HTTP/1.1 407 Proxy Authentication Required');
    const DEEPSEEK_BASE_URL = 'http://models.example:8080';
    const refused = await bamboo.exec('x', {
      env: { DEEPSEEK_BASE_URL, HTTP_PROXY: proxy.url.replace('//', '//me:hidden-pass@') },
      flags: ['--timeout-ms', '20000'],
    });
    expect(refused.report.error.category).toBe('network');
    expect(refused.report.error.message).toContain('407');
    const odd = await bamboo.exec('x', { env: { DEEPSEEK_BASE_URL, HTTP_PROXY: 'socks5://me:hidden-pass@p:1' } });
    expect(odd.report.error.message).toContain('socks5://***@p:1');
    expect(refused.stdout + refused.stderr + odd.stdout + odd.stderr).not.toContain('hidden-pass');
  });
});

describe('silence', () => {
  // The clock of the HTTP client itself: a tick is as if so many milliseconds had gone by.
  const clock = createRequire(import.meta.url)('undici/lib/util/timers.js') as { tick(ms: number): void };
  const { Agent, fetch: plainFetch } = createRequire(import.meta.url)('undici') as typeof Undici;

  /** A server that answers when it is told to. */
  async function slowServer(): Promise<{ url: string; asked: Promise<ServerResponse> }> {
    let heard!: (response: ServerResponse) => void;
    const asked = new Promise<ServerResponse>((resolve) => (heard = resolve));
    const port = await listen(createServer((_, response) => heard(response)));
    return { url: `http://127.0.0.1:${port}`, asked };
  }

  function passAnHour(): void {
    for (let minute = 0; minute < 60; minute++) clock.tick(60_000);
  }

  it('PC-BAMBOO-11 an hour without a header or a byte ends no call whose limit is longer', async () => {
    const { url, asked } = await slowServer();
    const send = await transportFor(url, 3_600_001, {});
    const answer = send(url, { method: 'POST', body: '{}' });
    const response = await asked;
    passAnHour();
    response.writeHead(200).write('first ');
    const reading = (await answer).text();
    passAnHour();
    response.end('second');
    expect(await reading).toBe('first second');
  });

  it('PC-BAMBOO-11 the same hour ends a call of a client with limits of its own, so the proof above proves something', async () => {
    const { url, asked } = await slowServer();
    const dispatcher = new Agent();
    open.push(() => dispatcher.destroy());
    const outcome = plainFetch(url, { dispatcher }).then(
      () => 'answered',
      (error: Error) => (error.cause as Error).name,
    );
    await asked;
    passAnHour();
    expect(await outcome).toBe('HeadersTimeoutError');
  });

  it('PC-BAMBOO-11 shorter limits need nothing but the client of Node', async () => {
    expect(await transportFor('https://api.test', 180_000, {})).toBe(fetch);
    expect(await transportFor('https://api.test', 290_001, {})).not.toBe(fetch);
  });
});
