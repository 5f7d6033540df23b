import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The priority of a run as its run.json says it now, 1 to 5 (RATE-03); undefined when it says none. Read there, not from the run's input, so
 * that a resume with another one holds at once for nodes that wait.
 */
export function readPriority(runDir: string): number | undefined {
  try {
    const { priority } = JSON.parse(readFileSync(join(runDir, 'run.json'), 'utf8')) as { priority?: unknown };
    return typeof priority === 'number' && Number.isInteger(priority) && priority >= 1 && priority <= 5 ? priority : undefined;
  } catch {
    return undefined;
  }
}
