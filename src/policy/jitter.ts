const longestMs = 60_000;

/**
 * Milliseconds to add to a wait, so that many runs do not come back in the same moment: up to a tenth of the wait and never above a minute.
 * The same for the same seed, so a replay waits as long.
 */
export function jitterMs(waitMs: number, seed: string): number {
  return Math.floor(Math.min(longestMs, Math.max(0, waitMs) / 10) * fraction(seed));
}

// FNV-1a: evenly spread, and the same in every process.
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // The last step mixes the low bits, in which similar texts differ, into the high ones.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
