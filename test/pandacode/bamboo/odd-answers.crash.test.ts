import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { removeWorkspaces } from '../../support/pandacode.ts';
import { bambooTest, taskOf, toolResults } from './bamboo-run.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  removeWorkspaces();
});

/** Runs bamboo against a server that answers as the function does. */
async function against(answer: (response: ServerResponse, request: IncomingMessage) => void, flags: string[] = []) {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    request.resume();
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const bamboo = await bambooTest();
  open.push(() => bamboo.server.close());
  const DEEPSEEK_BASE_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ...(await bamboo.exec('x', { env: { DEEPSEEK_BASE_URL }, flags })), asked };
}

const chunk = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
const stream = { 'content-type': 'text/event-stream' };

describe('answers that are not what they should be', () => {
  it('PC-TEST-07 PC-QUIRK-05 an HTML page with status 200, as a portal sends it, is no success', async () => {
    const { code, report } = await against((response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><h1>Log in</h1></html>'));
    expect([code, report.ok, report.error.category, report.error.retryable]).toEqual([1, false, 'network', true]);
  });

  it('PC-TEST-07 an empty stream is no success', async () => {
    const { code, report } = await against((response) => void response.writeHead(200, stream).end('data: [DONE]\n\n'));
    expect([code, report.ok, report.error.retryable]).toEqual([1, false, true]);
  });

  it('PC-TEST-07 lines of the stream that are no JSON are no success', async () => {
    const { code, report } = await against((response) => void response.writeHead(200, stream).end(`${chunk('half')}data: {"choi\n\n`));
    expect([code, report.ok, report.error.category]).toEqual([1, false, 'network']);
  });

  it('PC-TEST-07 an error inside the stream is classified by what it says', async () => {
    const { code, report } = await against(
      (response) =>
        void response.writeHead(200, stream).end(`data: ${JSON.stringify({ error: { message: 'slow down', code: 429, type: 'rate_limit_error' } })}\n\n`),
    );
    expect([code, report.ok, report.error.category, report.error.retryable]).toEqual([1, false, 'rate_limit', true]);
  });

  it('PC-TEST-07 PC-REP-02 ten megabytes in one line of the stream come through whole', async () => {
    const text = `start ${'x'.repeat(10_000_000)} end`;
    const { code, report, asked } = await against((response) => void response.writeHead(200, stream).end(`${chunk(text)}${chunk('', 'stop')}data: [DONE]\n\n`));
    expect([code, asked, report.last_agent_message?.length, report.last_agent_message?.slice(-4)]).toEqual([0, 1, text.length, ' end']);
  });

  it('PC-TEST-07 a vendor that sends signs of life for ever, and no word, ends at the idle limit', async () => {
    const { code, report } = await against(
      (response) => {
        response.writeHead(200, stream);
        const timer = setInterval(() => response.write(': keep-alive\n\n'), 100);
        response.on('close', () => clearInterval(timer));
      },
      ['--idle-timeout-ms', '3000', '--timeout-ms', '50000'],
    );
    expect([code, report.state, report.error.category]).toEqual([1, 'timeout', 'pandacode_timeout']);
    expect(report.error.message).toContain('idle limit');
  });

  it('PC-BAMBOO-06 a command that prints ten megabytes in one line gives its end, and says that it was cut', async () => {
    const bamboo = await bambooTest();
    open.push(() => bamboo.server.close());
    const { report, ws } = await bamboo.exec(taskOf([{ bash: "head -c 10000000 /dev/zero | tr '\\0' x; echo end" }, { text: 'done' }]));
    expect(report.ok).toBe(true);
    const [result] = toolResults(bamboo.requests(ws)[1]);
    expect(result).toMatchObject({ ok: true, stdout_truncated: true, stdout: expect.stringMatching(/^x+end\n$/) });
    expect(String(result!['stdout']).length).toBeLessThanOrEqual(24_000);
  });
});
