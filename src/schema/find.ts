import type { Json } from '../../schemas/json.ts';
import { isExecutorReport } from '../executor-report/final-text.ts';
import { reportFields } from '../executor-report/report-fields.ts';
import { candidatesFromReport } from './candidates.ts';
import { isErrorFeedback, type ErrorFeedback } from './error-feedback.ts';
import { jsonCandidates } from './json-candidates.ts';

/**
 * A structured reply, or why there is none. With `feedback` the agent declared a failure in the error-feedback shape:
 * that counts before anything else, also when the schema accepts the value (SCH-13).
 */
export type Structured =
  | { found: true; value: Json; feedback?: ErrorFeedback }
  | {
      found: false;
      /** Issues of the candidate that came closest. */
      issues: string[];
      /** The value that came closest; undefined when the report holds no JSON value. */
      candidate: Json | undefined;
      feedback?: ErrorFeedback;
    };

type Validate = (value: unknown) => string[];

/** Tries every place of a report (SCH-06) and takes the first value that validates. Nothing is made up from prose (SCH-14). */
export function findStructured(report: Json, validate: Validate): Structured {
  const isLoose = [0, '', [], null, true].every((probe) => validate(probe).length === 0);
  let closest: { issues: string[]; value: Json } | undefined;
  let hasText = isExecutorReport(report);
  for (const place of candidatesFromReport(report)) {
    hasText ||= place.from === 'text';
    const values = place.from === 'text' ? valuesInText(place.text, isLoose) : [place.value];
    for (const value of values) {
      const issues = validate(value);
      const declared = isErrorFeedback(value) ? { feedback: value } : {};
      if (issues.length === 0) return { found: true, value, ...declared };
      if (declared.feedback) return { found: false, issues, candidate: value, ...declared };
      if (place.from !== 'report' && (closest === undefined || issues.length < closest.issues.length)) closest = { issues, value };
      if (place.from === 'report' && closest === undefined) return { found: false, issues: hasText ? missing(value, validate) : issues, candidate: undefined };
    }
  }
  return { found: false, issues: closest?.issues ?? ['$ is required'], candidate: closest?.value };
}

// The reply was a text without a value: the fields around it are the executor's, and not what is wrong with the reply.
function missing(report: Json, validate: Validate): string[] {
  const own = Object.entries(report as Record<string, Json>).filter(([name]) => !reportFields.has(name));
  const issues = validate(Object.fromEntries(own)).filter((issue) => !/^\$(\.[^.[\s]+|\["[^"]*"\]) is not allowed$/.test(issue));
  return issues.length > 0 ? issues : ['$ is required'];
}

/**
 * A schema that says nothing about arrays and scalars (`properties` without `type`) accepts a footnote such as `[1]`:
 * for such a schema only a text that is one JSON value as a whole counts as a non-object.
 */
function valuesInText(text: string, isLoose: boolean): Json[] {
  if (!isLoose) return jsonCandidates(text, true);
  const objects = jsonCandidates(text, false);
  try {
    return [...objects, JSON.parse(text) as Json];
  } catch {
    return objects;
  }
}
