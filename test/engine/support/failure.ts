import { isOdwError, type OdwError } from '../../../src/errors/error.ts';

/** The OdwError a promise rejects with; fails when it resolves or rejects with anything else. */
export async function failureOf(work: Promise<unknown>): Promise<OdwError> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)}`);
  if (!isOdwError(outcome.error)) throw outcome.error;
  return outcome.error;
}
