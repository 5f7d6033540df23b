// Faults and the forms of an HTTP answer.
import { sleep } from './scenario.mjs';

let idSeq = 0;
export const newId = (p) => `${p}_fake${String(++idSeq).padStart(6, '0')}`;

/** What a vendor says when the reasoning of an earlier turn was not sent back. */
export const ECHO_ERROR = 'The reasoning_content in the thinking mode must be passed back to the API.';

/** Carries out a fault. @returns true when the answer is finished with it */
export async function special(a, res, kind) {
  if (a.hang) {
    await sleep(a.hang);
    return false;
  }
  if (a.drop) {
    res.destroy();
    return true;
  }
  if (!a.error) return false;
  const { status = 500, type = 'api_error', message = 'fake error', code = null, headers = {} } = a.error;
  for (const [k, v] of Object.entries(headers)) res.setHeader(k, v);
  if (a.error.html) {
    res.writeHead(status, { 'content-type': 'text/html' });
    res.end(`<html><head><title>${status}</title></head><body><h1>${message}</h1></body></html>`);
    return true;
  }
  json(res, status, kind === 'anthropic' ? { type: 'error', error: { type, message } } : { error: { type, message, code, param: null } });
  return true;
}
export function json(res, status, obj) {
  const s = JSON.stringify(obj);
  res.writeHead(status, { 'content-type': 'application/json', 'request-id': newId('req'), 'x-request-id': newId('req') });
  res.end(s);
}
export function sse(res, named) {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'request-id': newId('req'), 'x-request-id': newId('req') });
  return (name, data) => res.write(`${named && name ? `event: ${name}\n` : ''}data: ${JSON.stringify(data)}\n\n`);
}

/** Breaks the connection in the middle of a stream. */
export function cutOff(res, turn) {
  res.destroy();
  return { turn };
}

/** Falls silent in the middle of a stream. */
export async function stalled(actions) {
  const { stall } = actions.find((a) => a.stall) ?? {};
  if (stall) await sleep(stall);
}
