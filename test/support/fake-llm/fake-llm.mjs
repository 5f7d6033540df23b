#!/usr/bin/env node
// A small model server for tests of agent CLIs, offline. See README.md.
import http from 'node:http';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { anthropic } from './anthropic.mjs';
import { chat } from './chat.mjs';
import { responses } from './responses.mjs';
import { DEFAULT } from './scenario.mjs';
import { json } from './wire.mjs';

const argv = process.argv.slice(2);
const opt = (name, dflt) => {
  const i = argv.indexOf(`--${name}`);
  return i >= 0 ? argv[i + 1] : dflt;
};

/** Starts a server on the loopback interface. */
export function startFakeLlm({ port = 0, host = '127.0.0.1', scenario = DEFAULT, chunk = 12, delay = 0, log = null, key = null } = {}) {
  const requests = [];
  const open = new Set();
  const cfg = { scenario, chunk, delay };
  const record = (r) => {
    requests.push(r);
    if (log) fs.appendFileSync(log, JSON.stringify(r) + '\n');
  };
  const server = http.createServer(async (req, res) => {
    const t = Date.now();
    let raw = '';
    for await (const c of req) raw += c;
    const path = req.url.split('?')[0];
    let body = null;
    try {
      body = raw ? JSON.parse(raw) : null;
    } catch {
      /* keep null */
    }
    const rec = { t, method: req.method, url: req.url, headers: req.headers, body: body ?? raw };
    if (path === '/__requests') return json(res, 200, requests);
    if (path === '/__reset') {
      requests.length = 0;
      return json(res, 200, {});
    }
    open.add(rec);
    try {
      const given = req.headers['x-api-key'] ?? (req.headers.authorization ?? '').replace(/^Bearer /, '');
      if (key && given !== key) json(res, 401, { type: 'error', error: { type: 'authentication_error', message: 'invalid api key', code: 'invalid_api_key' } });
      else if (req.method === 'POST' && /\/messages\/count_tokens$/.test(path)) json(res, 200, { input_tokens: Math.ceil(raw.length / 4) });
      else if (req.method === 'POST' && /\/messages$/.test(path)) Object.assign(rec, await anthropic(body, res, cfg));
      else if (req.method === 'POST' && /\/responses$/.test(path)) Object.assign(rec, await responses(body, res, cfg));
      else if (req.method === 'POST' && /\/chat\/completions$/.test(path)) Object.assign(rec, await chat(body, res, cfg));
      else if (req.method === 'GET' && /\/models$/.test(path))
        json(res, 200, {
          object: 'list',
          data: [{ id: 'fake-model', type: 'model', object: 'model', display_name: 'Fake', created: 1, created_at: '2026-01-01T00:00:00Z', owned_by: 'fake' }],
          models: [],
          has_more: false,
        });
      else {
        rec.unhandled = true;
        json(res, 404, { error: { type: 'not_found_error', message: `fake-llm: no route ${req.method} ${path}` } });
      }
    } catch (e) {
      rec.failure = String(e?.stack ?? e);
      if (!res.headersSent) json(res, 500, { error: { type: 'api_error', message: String(e) } });
      else res.destroy();
    }
    open.delete(rec);
    rec.status = res.statusCode;
    rec.ms = Date.now() - t;
    record(rec);
  });
  return new Promise((resolve) =>
    server.listen(port, host, () => {
      const p = server.address().port;
      resolve({
        server,
        port: p,
        url: `http://${host}:${p}`,
        requests,
        open,
        close: () =>
          new Promise((r) => {
            server.closeAllConnections?.();
            server.close(() => r());
          }),
      });
    }),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  const sc = opt('scenario') ? JSON.parse(fs.readFileSync(opt('scenario'), 'utf8')) : DEFAULT;
  const s = await startFakeLlm({
    port: Number(opt('port', 0)),
    scenario: sc,
    chunk: Number(opt('chunk', 12)),
    delay: Number(opt('delay-ms', 0)),
    log: opt('log', null),
    key: opt('key', null),
  });
  console.log(JSON.stringify({ port: s.port, url: s.url, pid: process.pid }));
  for (const sig of ['SIGTERM', 'SIGINT']) process.on(sig, () => process.exit(0));
}
