import { usageError } from '../errors/raise.ts';
import type { PendingUserInput } from '../runtimes/runtime.ts';

/** The text of the N-th choice (from 1) of a question: of its options, else of the numbered lines of its text. */
export function chosenOption(pending: Partial<PendingUserInput> | undefined, choice: number): string {
  const options = pending?.options?.length ? pending.options : numberedLines(`${pending?.question ?? ''}\n${pending?.context ?? ''}`);
  const text = options[choice - 1];
  if (text === undefined) {
    throw usageError(
      options.length === 0 ? 'the question offers no choices; answer with --text' : `--choice must be a number from 1 to ${options.length}; got ${choice}`,
    );
  }
  return text;
}

function numberedLines(text: string): string[] {
  const lines: string[] = [];
  for (const [, number, line] of text.matchAll(/^[ \t]*(\d+)[.)][ \t]+(.+)$/gm)) if (Number(number) === lines.length + 1) lines.push(line!.trim());
  return lines;
}
