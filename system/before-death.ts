const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const cleaners = new Set<() => void>();

/**
 * Calls `clean` before this process ends by itself or by a signal that nobody else listens to; it then dies of that signal. `clean` must not wait.
 * Returns a function that calls it off.
 */
export function beforeDeath(clean: () => void): () => void {
  if (cleaners.size === 0) {
    process.on('exit', cleanAll);
    for (const signal of signals) process.on(signal, onSignal);
  }
  cleaners.add(clean);
  return () => {
    cleaners.delete(clean);
    if (cleaners.size === 0) stopListening();
  };
}

function onSignal(signal: NodeJS.Signals): void {
  // Who listens as well decides whether the process ends, and then `exit` comes.
  if (process.listenerCount(signal) > 1) return;
  cleanAll();
  stopListening();
  process.kill(process.pid, signal);
}

// What began last is undone first.
function cleanAll(): void {
  for (const clean of [...cleaners].reverse()) clean();
  cleaners.clear();
}

function stopListening(): void {
  process.off('exit', cleanAll);
  for (const signal of signals) process.off(signal, onSignal);
}
