/**
 * The proxy that the environment names for an address: `HTTPS_PROXY` or `HTTP_PROXY` by its protocol, else `ALL_PROXY`,
 * in lower case first. Names in `NO_PROXY` hold for their subdomains too, `*` for all; this machine is never proxied.
 *
 * @returns undefined when the address is reached directly
 */
export function proxyFor(address: string, env: NodeJS.ProcessEnv): string | undefined {
  const { protocol, hostname, port } = new URL(address);
  const proxy = variable(env, protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? variable(env, 'all_proxy');
  if (!proxy || isThisMachine(hostname)) return undefined;
  const isExcepted = (variable(env, 'no_proxy') ?? '')
    .split(/[,\s]+/)
    .some((entry) => matches(entry, hostname, port || (protocol === 'https:' ? '443' : '80')));
  if (isExcepted) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return (env[name] ?? env[name.toUpperCase()])?.trim() || undefined;
}

function matches(entry: string, hostname: string, port: string): boolean {
  if (entry === '*') return true;
  const [, name = '', itsPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  const domain = name.replace(/^\*?\.?/, '');
  if (domain === '' || (itsPort !== undefined && itsPort !== port)) return false;
  return hostname === domain || hostname.endsWith(`.${domain}`);
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
