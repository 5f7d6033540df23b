import { wholeRun } from '../../schemas/run-control.ts';
import type { NodeCall } from '../node/call.ts';

/** The scopes that a node falls under: parking any of them keeps its next dispatch from starting. */
export function scopesOf({ settings, service, limits }: NodeCall): string[] {
  return [wholeRun, `phase:${settings.phase}`, `runtime:${settings.runtime}`, providerScope(service), ...(limits ? [limits.scope] : [])];
}

/** The scope of one node that has limits of its own. */
export function nodeScope(key: string): string {
  return `node:${key}`;
}

/** The scope of all nodes that go to one provider. */
export function providerScope(service: string): string {
  return `provider:${service}`;
}
