import { CancellationScope } from '@temporalio/workflow';
import type { NodeOutcome, NodeRequest, RetryContext } from '../../schemas/node.ts';
import { runNodeActivity } from '../activities.ts';
import type { RunContext } from '../run-context.ts';
import { mockOptionsOf, type NodeCall } from './call.ts';
import { holdOf } from './hold.ts';

/** Hands one attempt to its activity and waits for the outcome. Rejects only for failures of the infrastructure or a cancel. */
export async function dispatch(
  ctx: RunContext,
  call: NodeCall,
  attempt: number,
  worktree: NodeRequest['worktree'],
  retry: RetryContext | undefined,
): Promise<NodeOutcome> {
  const { settings } = call;
  const summary = clip([settings.phase, settings.label].filter(Boolean).join(' / '), 180);
  const scope = new CancellationScope();
  ctx.dispatches.set(call.key, { label: settings.label, cancel: () => scope.cancel(), asked: undefined, changes: undefined });
  let release: (() => void) | undefined;
  call.waits.sent = false;
  try {
    if (settings.session) release = await lockSession(ctx, sanitise(settings.session, 180), scope);
    ctx.inFlight++;
    const dispatchNumber = ctx.dispatchOrdinals.next(call.fingerprint);
    const activityId = `${call.fingerprint.slice(0, 16)}-${dispatchNumber}`;
    call.waits.sent = true;
    try {
      return await scope.run(() => runNodeActivity(activityId, summary, buildRequest(ctx, call, attempt, worktree, retry)));
    } finally {
      ctx.inFlight--;
    }
  } finally {
    const { asked, changes } = ctx.dispatches.get(call.key) ?? {};
    call.waits.restarting = asked === 'restart';
    call.waits.changes = changes;
    ctx.dispatches.delete(call.key);
    release?.();
  }
}

function buildRequest(ctx: RunContext, call: NodeCall, attempt: number, worktree: NodeRequest['worktree'], retry: RetryContext | undefined): NodeRequest {
  const { input } = ctx;
  const { settings, options, schema, skills } = call;
  const request: NodeRequest = {
    runId: input.runId,
    root: input.root,
    runDir: input.runDir,
    key: call.key,
    fingerprint: call.fingerprint,
    index: call.index,
    label: settings.label,
    phase: settings.phase,
    attempt,
    maxAttempts: call.retry.maxAttempts,
    backend: input.options.backend,
    runtime: settings.runtime,
    effort: settings.effort,
    timeoutMs: settings.timeoutMs,
    session: settings.session ? sanitise(settings.session, 180) : generatedSession(ctx, call, attempt),
    prompt: handedOver(ctx, call) ? `${handOver}\n\n${call.prompt}` : call.prompt,
    autoAnswer: options['autoAnswer'] === undefined ? input.options.autoAnswer : options['autoAnswer'] !== false,
  };
  if (call.restartedWith) request.restartedWith = call.restartedWith;
  if (settings.agentType !== undefined) request.agentType = settings.agentType;
  if (settings.provider !== undefined) request.provider = settings.provider;
  if (settings.model !== undefined) request.model = settings.model;
  if (settings.permission !== undefined) request.permission = settings.permission;
  if (settings.gateway !== undefined) request.gateway = settings.gateway;
  if (settings.acpAgent !== undefined) request.acpAgent = settings.acpAgent;
  if (schema?.prepared.ok)
    request.schema = { name: schema.name, json: schema.prepared.json, ...(schema.purpose === undefined ? {} : { purpose: schema.purpose }) };
  if (skills) request.skills = skills.loaded.map(({ id, text }) => ({ id, text }));
  if (call.maxTurns !== undefined) request.maxTurns = call.maxTurns;
  if (retry) request.retry = retry;
  if (worktree) request.worktree = worktree;
  if (ctx.realBackend) {
    request.service = call.service;
    if (input.options.prefixStaggerMs !== undefined) request.staggerMs = input.options.prefixStaggerMs;
    if (input.options.rates !== undefined) request.rates = input.options.rates;
  } else request.mock = mockOptionsOf(options);
  const hold = holdOf(ctx, call);
  if (hold) request.hold = hold;
  if (call.waits.held > 0) request.held = call.waits.held;
  if (ctx.providers.isTrial(call)) request.trial = true;
  return request;
}

// Another agent worked on it, here, until its provider was used up. What it did stands in the files, and its session is another runtime's.
function handedOver(ctx: RunContext, call: NodeCall): boolean {
  return call.failover !== undefined && call.waits.held > 0 && call.waits.held === call.failover.held && ctx.realBackend;
}

const handOver =
  'Another agent began this task and was cut off; that was not the doing of either of you. Look at what is already done, do not repeat it, and finish the task. It is unchanged:';

/** Characters that are safe in file names, refs and session names. */
export function sanitise(name: string, length: number): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, length);
}

// EXEC-07: the index makes the name unique; the cut falls on the readable part only.
function generatedSession(ctx: RunContext, call: NodeCall, attempt: number): string {
  const unique = `-${call.index}-${attempt}${call.waits.restarts > 0 ? `r${call.waits.restarts}` : ''}${call.failover ? 'f' : ''}`;
  return sanitise(`${ctx.input.runId}-${call.settings.id ?? call.settings.label}`, 180 - unique.length) + unique;
}

// EXEC-07: dispatches that name the same session run one after another.
async function lockSession(ctx: RunContext, session: string, scope: CancellationScope): Promise<() => void> {
  const before = ctx.sessionLocks.get(session) ?? Promise.resolve();
  let release = () => {};
  const mine = new Promise<void>((resolve) => (release = resolve));
  ctx.sessionLocks.set(session, mine);
  try {
    await Promise.race([before, scope.cancelRequested]);
  } catch (error) {
    // It is no longer in the row; who comes after it still waits for those before.
    void before.then(release);
    throw error;
  }
  return release;
}

function clip(text: string, length: number): string {
  return [...text].slice(0, length).join('');
}
