import type { EngineOptions } from '../engine.ts';
import { engineLayout } from '../layout.ts';
import { logTail } from './log-tail.ts';

export interface ServerLogs {
  path: string;
  lines: string[];
}

/** The last lines of the managed server's log; none when it was never started. */
export function serverLogs(options: EngineOptions & { lines?: number } = {}): ServerLogs {
  const { log } = engineLayout(options.env);
  return { path: log, lines: logTail(log, options.lines ?? 50, 4 * 1024 * 1024) };
}
