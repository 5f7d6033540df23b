/**
 * A thrown value that can be printed: itself, or an Error that says what it was. The SDK's handler of unhandled
 * rejections prints the reason; one without a string form would end the host process.
 */
export function printable(reason: unknown): unknown {
  try {
    String(reason);
    return reason;
  } catch {
    return new Error('a value without a string form was thrown');
  }
}
