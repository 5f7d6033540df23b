import { OdwError } from '../../src/errors/error.ts';

/** A usage error: exit code 2, nothing was started. */
export function usageError(message: string, next?: string): OdwError {
  return new OdwError('executor-usage', message, { exitCode: 2, ...(next === undefined ? {} : { next }) });
}

/** A request that fits no session, model or state (exit code 1). */
export function invalidRequest(message: string, next?: string): OdwError {
  return new OdwError('executor-invalid-request', message, next === undefined ? {} : { next });
}
