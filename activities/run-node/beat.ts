import { DEFAULT_TIMINGS, type NodeEvidence, type NodeHost } from './host.ts';

/**
 * Sends heartbeats from a timer of its own, at once and then until the returned function is called: a silent node beats too,
 * for without beats the server would dispatch it again.
 */
export function startBeating(host: NodeHost, evidence: () => NodeEvidence): () => void {
  const beat = harmless(() => host.heartbeat(evidence()));
  beat();
  const timer = setInterval(beat, host.timings?.heartbeatMs ?? DEFAULT_TIMINGS.heartbeatMs);
  return () => clearInterval(timer);
}

/** Evidence of a part of the work that has no executor to look at. */
export function withoutExecutor(state: NodeEvidence['state']): () => NodeEvidence {
  return () => ({ state, outBytes: 0, errBytes: 0, eventsBytes: 0, idleMs: 0, stale: false });
}

/** For timers: a beat that cannot be sent, or a full disk, must not end the host, as an exception in a timer would. */
export function harmless(action: () => void): () => void {
  return () => {
    try {
      action();
    } catch {
      // the next turn tries again
    }
  };
}
