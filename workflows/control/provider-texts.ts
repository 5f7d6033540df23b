import type { Breaker } from '../../src/policy/breaker.ts';
import type { ProviderClass } from '../../src/policy/failure-class.ts';

const happened: Record<ProviderClass, string> = {
  quota: 'is used up',
  rate: 'asks for a pause',
  auth: 'refuses the credentials',
};

/** What happened at a provider, in one sentence. */
export function parkMessage(service: string, { class: kind, message }: Breaker): string {
  const said = message.trim();
  return `${service} ${happened[kind]}${said === '' ? '' : `: ${[...said].slice(0, 300).join('')}`}`;
}

/** What a person can do, in one sentence. `goOn` is the command that comes after it. */
export function fixFor(service: string, kind: ProviderClass, goOn: string): string {
  if (kind === 'auth') return `Log in to ${service} or correct its API key, then: ${goOn}`;
  if (kind === 'quota') return `Wait for the reset, or raise the plan of ${service} and then: ${goOn}`;
  return `Wait a while, or try at once: ${goOn}`;
}
