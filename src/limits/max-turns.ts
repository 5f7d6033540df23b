/**
 * The option `maxTurns` of a node: turns that its agent may take in one dispatch. Undefined = as many as its executor allows.
 *
 * @param problems takes a sentence when the value makes no sense, and so limits nothing
 */
export function readMaxTurns(value: unknown, problems: string[] = []): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  problems.push(
    `the option maxTurns expects a whole number of 1 or more, got ${(JSON.stringify(value) as string | undefined) ?? typeof value}: it limits nothing`,
  );
  return undefined;
}
