/**
 * The URL of a Chat Completions request for a base URL: a complete one is kept; the path alone is added for bases that end
 * in a version and for vendors without one; otherwise the version comes with it.
 */
export function requestUrl(base: string, provider: string): string {
  const plain = base.replace(/\/+$/, '');
  if (plain.endsWith('/chat/completions')) return plain;
  return provider === 'deepseek' || /\/v\d+$/.test(plain) ? `${plain}/chat/completions` : `${plain}/v1/chat/completions`;
}
