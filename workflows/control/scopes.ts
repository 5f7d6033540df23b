import { wholeRun } from '../../schemas/run-control.ts';
import type { NodeCall } from '../node/call.ts';

/** The scopes that a node falls under: parking any of them keeps its next dispatch from starting. */
export function scopesOf({ settings, service }: NodeCall): string[] {
  return [wholeRun, `phase:${settings.phase}`, `runtime:${settings.runtime}`, providerScope(service)];
}

/** The scope of all nodes that go to one provider. */
export function providerScope(service: string): string {
  return `provider:${service}`;
}
