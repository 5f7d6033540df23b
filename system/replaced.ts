import { isOdwError, OdwError } from '../src/errors/error.ts';

/**
 * Whether an error says that a program file of odw was gone when it was needed: odw was upgraded, rebuilt or removed while this process ran,
 * and what is loaded late is no longer where it was.
 */
export function isReplaced(error: unknown): boolean {
  return isOdwError(error) ? error.slug === 'odw-replaced' : (error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND';
}

/** The error `odw-replaced`; `gone` says what is missing, `next` how to go on, where the table does not know it. */
export function replaced(gone: string, next?: string): OdwError {
  return new OdwError('odw-replaced', `odw was replaced or removed while it ran: ${gone}`, next === undefined ? {} : { next });
}

/** What to tell of an error: itself, or `odw-replaced` in place of what Node says of a module that is gone. */
export function asReplaced(error: unknown, next?: string): unknown {
  if (!isReplaced(error)) return error;
  const { message } = error as Error;
  if (!isOdwError(error)) return replaced(message.split(' imported from ')[0] ?? message, next);
  return next === undefined ? error : new OdwError('odw-replaced', message, { next });
}
