/** Milliseconds after which loading begins: a short run is over by then, and pays nothing for it. */
const afterMs = 1000;
/** Milliseconds between two modules, for what else is to be done. */
const betweenMs = 20;

/**
 * Loads modules one after another while the process has little to do. A host may run for days, and needs some of its parts at the end alone: by
 * then an upgrade may have taken their files away. Keeps no process alive; a module that cannot be loaded tells so when it is needed.
 */
export function loadAhead(parts: readonly (() => Promise<unknown>)[]): void {
  const load = (at: number, waitMs: number) => {
    const part = parts[at];
    if (!part) return;
    const next = () => load(at + 1, betweenMs);
    setTimeout(() => void part().then(next, next), waitMs).unref();
  };
  load(0, afterMs);
}
