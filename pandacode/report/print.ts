/** Prints the one JSON object of a command: one line with `--json`, else indented. Resolves when all of it is written, or the reader is gone. */
export function printObject(value: unknown, compact: boolean): Promise<void> {
  return printText(`${compact ? JSON.stringify(value) : JSON.stringify(value, null, 2)}\n`);
}

export function printText(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once('error', () => resolve());
    process.stdout.write(text, () => resolve());
  });
}
