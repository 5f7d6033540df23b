import { isOdwError } from '../src/errors/error.ts';
import { errorTable } from '../src/errors/table.ts';
import { printText } from './print.ts';

/**
 * Prints an error the way every command does (CLI-02): `Error: <message>`, the causes, and what to do about it.
 *
 * @returns the exit code
 */
export function printError(error: unknown, write: (text: string) => void = (text) => printText(text, 'stderr')): number {
  write(`Error: ${messageOf(error)}\n`);
  const causes: string[] = [];
  const seen = new Set([error]);
  for (let cause = causeOf(error); cause !== undefined && !seen.has(cause); cause = causeOf(cause)) {
    seen.add(cause);
    const text = messageOf(cause);
    if (!causes.includes(text) && !messageOf(error).includes(text)) causes.push(text);
  }
  if (causes.length > 0) write(`Caused by:\n${causes.map((cause) => `  ${cause}\n`).join('')}`);
  const next = nextStep(error);
  if (next) write(`  → ${next}${isOdwError(error) ? ` (${error.slug}, docs/errors.md)` : ''}\n`);
  return isOdwError(error) ? error.exitCode : 1;
}

/** What to do about an error, when odw knows. */
export function nextStep(error: unknown): string | undefined {
  return isOdwError(error) ? (error.next ?? errorTable[error.slug]?.next) : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error || isOdwError(error) ? error.message : String(error);
}

function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? (error as { cause?: unknown }).cause : undefined;
}
