const waitsMs = [1000, 3000, 9000];
const longestMs = 60_000;

/**
 * How long a node waits before it is dispatched again after trouble that passes by itself (overloaded, network), in milliseconds;
 * undefined once it waited often enough, so that the failure becomes its result.
 *
 * @param waited how often the node waited already
 * @param askedMs the wait that the provider asks for; above a minute it is no passing trouble, and the wait is as without
 */
export function briefWaitMs(waited: number, askedMs?: number): number | undefined {
  const wait = waitsMs[waited];
  if (wait === undefined) return undefined;
  return askedMs !== undefined && askedMs > wait && askedMs <= longestMs ? askedMs : wait;
}
