import type { Finding } from './finding.ts';
import type { LintScript } from './script.ts';

/** Tells of one place of the script. */
export type Report = (at: { start: number }, message: string, severity?: Finding['severity']) => void;

/** One thing that lint looks for. Pure: sees the syntax tree only. */
export interface Rule {
  code: string;
  severity: Finding['severity'];
  check(script: LintScript, report: Report): void | Promise<void>;
}
