import type { Finding } from '../../src/lint/finding.ts';

/** A finding for people: place, severity, code and message, then the line with a caret under the place. */
export function findingText({ path, line, column, severity, code, message, excerpt }: Finding): string {
  return `${path}:${line}:${column}: ${severity} ${code}: ${message}\n${excerpt.replace(/^/gm, '  ')}`;
}
