import { usageError } from '../../../errors/raise.ts';
import { proxyFor } from './proxy.ts';

/** Node's own client gives up after 300 s without a header or a piece of the body, whatever the caller allows. */
const ownLimitMs = 290_000;

/**
 * How requests to an address are sent: by Node's own client; by one without time limits of its own, when a longer silence
 * is allowed; through the proxy that the environment names. Connections are kept and shared.
 *
 * @param silenceMs longest silence that the caller allows
 */
export async function transportFor(address: string, silenceMs: number, env: NodeJS.ProcessEnv): Promise<typeof fetch> {
  const proxy = proxyFor(address, env);
  if (proxy === undefined && silenceMs <= ownLimitMs) return fetch;
  if (proxy !== undefined && !/^https?:/.test(proxy))
    throw usageError(`the proxy ${withoutPassword(proxy)} is of no kind that bamboo knows`, 'Name a proxy that starts with http:// or https://.');
  // Loaded only here: it would cost every other run a tenth of a second.
  const { Agent, fetch: fetchBy, ProxyAgent } = await import('undici');
  const limits = { headersTimeout: 0, bodyTimeout: 0 };
  const dispatcher = proxy === undefined ? new Agent(limits) : new ProxyAgent({ uri: proxy, ...limits });
  return ((url: string, init: object) => fetchBy(url, { ...init, dispatcher })) as unknown as typeof fetch;
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//***@');
}
