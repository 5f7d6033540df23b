import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerCapsFile } from '../../schemas/provider-caps.ts';
import type { ProviderCaps } from '../../src/policy/slots.ts';

/** What the user set for a provider, read anew each time, so that a change holds for the next dispatch. The account's entry wins. */
export function readCaps(home: string, provider: string, account: string): { caps: ProviderCaps; problem?: string } {
  const path = join(home, 'providers.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { caps: {} };
  }
  try {
    const caps = providerCapsFile.parse(JSON.parse(text));
    return { caps: { ...caps[provider], ...caps[`${provider}/${account}`] } };
  } catch (error) {
    const why = (error as Error).message.replace(/\s+/g, ' ').slice(0, 300);
    return { caps: {}, problem: `${path} cannot be used and is ignored; expected {"<provider>": {"concurrency": N, "perMinute": N}}: ${why}` };
  }
}
