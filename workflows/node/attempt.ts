import { isCancellation } from '@temporalio/workflow';
import type { NodeOutcome, NodeRequest, RetryContext } from '../../schemas/node.ts';
import { notGitAdvice } from '../../src/node/not-git.ts';
import { nothingUsed } from '../../src/node/nothing-used.ts';
import { prepareWorkspace } from '../activities.ts';
import { outside } from '../outside/outside.ts';
import type { RunContext } from '../run-context.ts';
import type { NodeCall } from './call.ts';
import { dispatch, sanitise } from './dispatch.ts';
import type { NodeEvents } from './events.ts';
import { isWorktreeBase } from './options.ts';
import { renewInputs } from './renew-inputs.ts';

/** One attempt: start event, worktree, dispatch. Never rejects; failures of any kind are outcomes (DESIGN D8). */
export async function runAttempt(ctx: RunContext, call: NodeCall, events: NodeEvents, attempt: number, retry: RetryContext | undefined): Promise<NodeOutcome> {
  const { waits } = call;
  const unreadable = call.inputs && attempt === 1 && waits.held === 0 && waits.restarts === 0 ? await renewInputs(ctx, call) : undefined;
  if (unreadable !== undefined) return { ...failed('inputs_unreadable', unreadable, false), ...nothingUsed };
  if (waits.held === 0 && waits.restarts === 0) events.start(attempt);
  else events.goOn(attempt);
  const refusal = authoringError(call) ?? tooLarge(ctx, call);
  if (refusal) return { ...failed('workflow_agent_failed', refusal, false), ...nothingUsed };
  try {
    const worktree = waits.worktree ?? (call.settings.isolation ? await planWorktree(ctx, call) : undefined);
    if (worktree && !waits.worktree) events.worktreeStart(worktree.dir);
    waits.worktree = worktree;
    const outcome = await dispatch(ctx, call, attempt, worktree, retry);
    for (const { type, ...fields } of outcome.events) events.reported(type, fields);
    if (worktree && !outcome.held) events.worktreeDone(worktree.dir, outcome.worktree?.changed ?? false, outcome.worktree?.files.length ?? 0);
    return outcome;
  } catch (error) {
    // Once it was handed out an executor may have begun, and nobody knows what it used.
    if (isCancellation(error)) return { ...failed('cancelled', 'the node was stopped', false), ...(waits.sent ? { usage: null } : nothingUsed) };
    if (error instanceof AuthoringError) return { ...failed('workflow_agent_failed', error.message, false, error.next), ...nothingUsed };
    return { ...failed('workflow_agent_failed', rootMessage(error), true), usage: null };
  }
}

class AuthoringError extends Error {
  constructor(
    message: string,
    readonly next?: string,
  ) {
    super(message);
  }
}

// EXEC-02.
function authoringError(call: NodeCall): string | undefined {
  const { ownProvider, runtime } = call.settings;
  if (ownProvider && runtime !== 'bamboo') return `provider is only supported for PandaCode Bamboo nodes; got runtime=${runtime}`;
  if (!['claude', 'codex', 'bamboo', 'acp'].includes(runtime)) return `unknown runtime "${runtime}": expected claude, codex, bamboo or acp`;
  const base = call.options['worktreeBase'];
  if (call.settings.isolation && base !== undefined && base !== null && !isWorktreeBase(base))
    return `unknown worktreeBase ${JSON.stringify(base)}: expected "head" (the default), "working-tree" or "fresh"`;
  return undefined;
}

function tooLarge(ctx: RunContext, call: NodeCall): string | undefined {
  const limit = ctx.input.options.maxPayloadBytes;
  const length = (call.skills?.loaded ?? []).reduce((sum, { text }) => sum + text.length, call.prompt.length);
  return length > limit ? `the prompt has ${length} characters; the configured maximum is ${limit} bytes: pass a file path instead` : undefined;
}

// The path is planned here, so that the journal can name it before anything runs; the activity makes the tree.
async function planWorktree(ctx: RunContext, call: NodeCall): Promise<NonNullable<NodeRequest['worktree']>> {
  const { root, runId, options } = ctx.input;
  ctx.workspace ??= prepareWorkspace({ root });
  const facts = await ctx.workspace;
  if (!facts.isGit)
    throw new AuthoringError(
      `isolation:'worktree' requires ${root} to be a git repository`,
      outside.changed('not-git-advice') ? notGitAdvice(root) : undefined,
    );
  const base = call.settings.worktreeBase;
  if (facts.dirty && base === 'head')
    ctx.warn('the working tree has uncommitted changes; isolated nodes start from HEAD and do not see them (worktreeBase: "working-tree" includes them)');
  const name = `${sanitise(call.settings.id ?? call.settings.label, 60)}-${++ctx.worktrees}`;
  // The id of a scheduled run holds colons, which git refuses in names.
  const folder = sanitise(runId, 200);
  return { dir: `${options.worktreeRoot}/${folder}/${name}`, base, refName: `refs/odw/${folder}/${name.replace(/\.+/g, '-')}` };
}

/** A failed outcome that no executor made. */
export function failed(category: string, message: string, retryable: boolean, next?: string): NodeOutcome {
  const failure = { category, message, retryable, ...(next === undefined ? {} : { next_action: next }) };
  return { status: 'failed', value: null, isText: false, failure, tokens: null, taken: 'started', events: [] };
}

// Activity failures wrap their cause; the innermost message is the one that says something.
function rootMessage(error: unknown): string {
  let current = error as { message?: string; cause?: unknown };
  while (current.cause && typeof current.cause === 'object') current = current.cause;
  return String(current.message ?? current);
}
