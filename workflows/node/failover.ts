import { fingerprintOf, Ordinals } from '../../src/keys/fingerprint.ts';
import { partsOf } from '../../src/keys/parts.ts';
import { readTarget, type FailoverTarget } from '../../src/policy/failover.ts';
import { providerName } from '../../src/policy/provider-name.ts';
import type { ReusableNode } from '../../schemas/run-input.ts';
import type { RunContext } from '../run-context.ts';
import { identityOf, type NodeCall } from './call.ts';
import type { NodeSettings } from './options.ts';

/** A call as it would be with another provider: who answers is part of what a node is. */
export interface Elsewhere {
  service: string;
  settings: NodeSettings;
  fingerprint: string;
  bareKey: string;
  parts: string;
}

/**
 * Where a node may go when its own provider is used up, in the order in which its script says it (QUOTA-07); a child without a word of its
 * own goes by the run's script. Nothing once it went: one hop a node. A session or an action that the author named exists at one provider only.
 */
export function elsewhere(ctx: RunContext, call: NodeCall): Elsewhere[] {
  const failover = call.scope.frame.meta.failover ?? ctx.frame?.meta.failover;
  if (failover === undefined || call.failover || call.settings.session !== undefined || call.options['action'] !== undefined) return [];
  const names = Object.hasOwn(failover, call.service) ? failover[call.service]! : [];
  return names.flatMap((name) => {
    const target = readTarget(name);
    return target ? [at(ctx, call, target)] : [];
  });
}

/** Makes a call one of another provider, with a key that says so. */
export function moveTo(ctx: RunContext, call: NodeCall, { bareKey, ...place }: Elsewhere): void {
  call.failover = { from: call.service, to: place.service, held: call.waits.held };
  // A key that is the author's id stays.
  if (bareKey !== call.bareKey) call.key = Ordinals.name(bareKey, ctx.keyOrdinals.next(bareKey));
  Object.assign(call, place, { bareKey });
  if (call.limits) ctx.limits.book.rekey(call.limits.scope, call.key);
}

/** The result of an earlier run that another provider gave for this node; the call then is that provider's. Nothing is paid twice for going back. */
export function takeFromElsewhere(ctx: RunContext, call: NodeCall): ReusableNode | undefined {
  if (!ctx.input.reuse) return undefined;
  for (const place of elsewhere(ctx, call)) {
    const found = ctx.reusable.take({ key: call.key, ...place });
    if (!found) continue;
    moveTo(ctx, call, place);
    return found;
  }
  return undefined;
}

function at(ctx: RunContext, call: NodeCall, { runtime, provider, acpAgent, model }: FailoverTarget): Elsewhere {
  const limited = call.settings.permission === 'limited';
  const settings: NodeSettings = {
    ...call.settings,
    runtime,
    provider,
    ownProvider: provider,
    gateway: undefined,
    acpAgent,
    // A model's name means nothing to another provider.
    model,
    permission: limited ? 'limited' : runtime === 'codex' ? 'max' : undefined,
  };
  const identity = identityOf(ctx, { ...call, settings });
  const fingerprint = fingerprintOf(identity);
  return { service: providerName(settings), settings, fingerprint, bareKey: settings.id ?? `agent:${fingerprint}`, parts: partsOf(identity) };
}
