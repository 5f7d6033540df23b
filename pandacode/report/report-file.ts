import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../system/files.ts';

/** Writes the final report so that it survives power loss. */
export function writeReportFile(path: string, report: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(report)}\n`, { mode: 0o600, sync: true });
}

/** Reads a report file; undefined when there is none that can be read. */
export function readReportFile(path: string): { dispatch_id?: string | null; exit_code?: number; [field: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as { [field: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}
