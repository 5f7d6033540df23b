import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerCapsFile } from '../../schemas/provider-caps.ts';
import type { ProviderCaps } from '../../src/policy/slots.ts';

/** What the user set for a provider and for accounts of it, read anew each time, so that a change holds for all that wait. */
export function readCaps(home: string, provider: string): { caps: ProviderCaps; problem?: string } {
  const path = join(home, 'providers.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Caps that somebody set and that do not hold are told, not passed over.
    return code === 'ENOENT' || code === 'ENOTDIR' ? { caps: {} } : { caps: {}, problem: `${path} cannot be read and is ignored: ${message}` };
  }
  try {
    const caps = providerCapsFile.parse(JSON.parse(text));
    const own = `${provider}/`;
    const accounts = Object.entries(caps).flatMap(([name, limits]) => (name.startsWith(own) ? [[name.slice(own.length), limits] as const] : []));
    return { caps: { ...caps[provider], ...(accounts.length > 0 ? { accounts: Object.fromEntries(accounts) } : {}) } };
  } catch (error) {
    const why = (error as Error).message.replace(/\s+/g, ' ').slice(0, 300);
    return { caps: {}, problem: `${path} cannot be used and is ignored; expected {"<provider>": {"concurrency": N, "perMinute": N}}: ${why}` };
  }
}
