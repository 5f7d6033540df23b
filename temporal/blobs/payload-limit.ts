import { OdwError } from '../../src/errors/error.ts';

/** Values of more bytes than this go to the blob store instead of into history. */
export const payloadThreshold = 32 * 1024;

const defaultMaximum = 64 * 1024 * 1024;

/**
 * Largest value that is taken at all, in bytes: `ODW_MAX_PAYLOAD`, default 64 MiB.
 *
 * @throws OdwError `engine-config` when the variable is no positive whole number
 */
export function payloadMaximum(env: NodeJS.ProcessEnv = process.env): number {
  const text = env['ODW_MAX_PAYLOAD'];
  if (!text) return defaultMaximum;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new OdwError('engine-config', `ODW_MAX_PAYLOAD must be a number of bytes, a positive whole number; it is ${JSON.stringify(text)}`, { exitCode: 2 });
}

/**
 * Refuses a value over the maximum. Callers check before they hand a value to Temporal, so that the refusal names the value;
 * the blob store checks again.
 *
 * @throws OdwError `payload-too-large`
 */
export function checkPayloadSize(bytes: number, what: string, maximum: number): void {
  if (bytes <= maximum) return;
  throw new OdwError('payload-too-large', `${what} has ${bytes} bytes, more than the maximum of ${maximum} (ODW_MAX_PAYLOAD)`, {
    fields: { bytes, maximum, what },
  });
}
