import { at, firstText } from './json-object.ts';

/** The model that really answered, when the report says so (AGENT-21). */
export function reportModel(report: unknown): string | undefined {
  return firstText(
    at(report, 'summary', 'model'),
    at(report, 'model'),
    at(report, 'execute', 'summary', 'model'),
    at(report, 'codex', 'model'),
    at(report, 'start', 'model'),
  );
}
