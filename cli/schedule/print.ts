import { printJson, printText } from '../print.ts';

/** Prints the outcome of a command: one compact JSON line, or text for people. */
export function print(json: boolean | undefined, value: unknown, text: () => string): void {
  if (json) printJson(JSON.stringify(value));
  else printText(`${text()}\n`);
}
