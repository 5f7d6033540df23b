import type { NodeRequest } from '../../schemas/node.ts';
import { canonicalJson } from '../../src/keys/canonical.ts';
import type { Executor } from '../executor/resolve-executor.ts';

/** A node that begins with the same words as others: the same instructions, tools and project, ahead of its own prompt. */
export interface PrefixTurn {
  /** The vendor has answered: from now on it has the prefix in its cache. */
  output(): void;
  /** The node ended, however it did. */
  end(): void;
}

interface Like {
  startMs: number;
  isWarm: boolean;
  warm: Promise<void>;
  warmUp: () => void;
  running: number;
  /** When the last of them ended. */
  endMs: number;
}

/** Milliseconds that the rest waits at most. */
export const defaultStaggerMs = 5000;

// How long vendors keep a prefix that nobody asks for.
const keptMs = 5 * 60_000;
const groups = new Map<string, Like>();

/**
 * Lets the first of like nodes go ahead, and the rest once it has its first output or `staggerMs` after its start, so that they find its
 * prefix in the vendor's prompt cache (RATE-04). The nodes of this process count; state is kept in memory only.
 *
 * @returns undefined for a node that is like no other, or whose executor tells nothing before its end
 */
export async function awaitPrefix(request: NodeRequest, executor: Pick<Executor, 'features'>, signal: AbortSignal): Promise<PrefixTurn | undefined> {
  const staggerMs = request.staggerMs ?? defaultStaggerMs;
  if (request.backend === 'mock' || request.worktree || staggerMs <= 0 || !executor.features.has('--events-file')) return undefined;
  const name = likenessOf(request);
  const now = Date.now();
  forgetCold(now);
  const known = groups.get(name);
  const like = known ?? first(now);
  groups.set(name, like);
  like.running++;
  if (known && !like.isWarm) await warmth(like, Math.max(0, like.startMs + staggerMs - now), signal);
  return {
    output: like.warmUp,
    end() {
      like.running--;
      like.endMs = Date.now();
      // Whoever waits for one that failed waits in vain.
      like.warmUp();
    },
  };
}

/** Resolves when the prefix is known, the time is over or the node is to end. */
async function warmth(like: Like, ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
    void like.warm.then(over);
    if (signal.aborted) over();
  });
}

function first(startMs: number): Like {
  let resolve = () => {};
  const warm = new Promise<void>((done) => (resolve = done));
  const like: Like = {
    startMs,
    isWarm: false,
    warm,
    warmUp() {
      like.isWarm = true;
      resolve();
    },
    running: 0,
    endMs: startMs,
  };
  return like;
}

function forgetCold(nowMs: number): void {
  for (const [name, { running, endMs }] of groups) if (running === 0 && nowMs - endMs > keptMs) groups.delete(name);
}

// An isolated node has a tree of its own, whose path is in what it is told, so it is like no other.
function likenessOf({ service, runtime, provider, gateway, acpAgent, model, effort, agentType, permission, schema, root }: NodeRequest): string {
  return canonicalJson([service, runtime, provider, gateway, acpAgent, model, effort, agentType, permission, schema?.json, root]);
}
