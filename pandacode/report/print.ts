import { escapeControls } from '../../src/escape-controls.ts';

/** Prints the one JSON object of a command: one line with `--json`, else indented. Resolves when all of it is written, or the reader is gone. */
export function printObject(value: unknown, compact: boolean): Promise<void> {
  return write(`${compact ? JSON.stringify(value) : JSON.stringify(value, null, 2)}\n`);
}

/** Prints text for people; control characters in it are shown escaped. */
export function printText(text: string): Promise<void> {
  return write(escapeControls(text));
}

function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.once('error', () => resolve());
    process.stdout.write(text, () => resolve());
  });
}
