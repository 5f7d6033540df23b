import { wholeRun } from '../../schemas/run-control.ts';
import type { NodeCall } from '../node/call.ts';

/** The scopes that a node falls under: parking any of them keeps its next dispatch from starting. */
export function scopesOf({ settings }: NodeCall): string[] {
  const scopes = [wholeRun, `phase:${settings.phase}`, `runtime:${settings.runtime}`];
  if (settings.provider !== undefined) scopes.push(`provider:${settings.provider}`);
  return scopes;
}
