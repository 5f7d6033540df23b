export interface MachineFacts {
  backend: 'mock' | 'pandacode';
  /** Number of logical processors. */
  cpus: number;
  totalMemoryBytes: number;
}

const MEMORY_PER_AGENT = 512 * 1024 * 1024;

/**
 * How many agents run at once when nobody says (CONC-01). Agents wait for a network, not for a core, so on a real backend
 * the number follows memory: one per 512 MB, 4 to 16. The mock keeps `max(1, min(16, cpus - 2))`.
 */
export function defaultConcurrency({ backend, cpus, totalMemoryBytes }: MachineFacts): number {
  if (backend === 'mock') return Math.max(1, Math.min(16, cpus - 2));
  return Math.max(4, Math.min(16, Math.floor(totalMemoryBytes / MEMORY_PER_AGENT)));
}
