import { escapeControls } from '../src/escape-controls.ts';

/**
 * Prints text for people, as it is but for control characters, which are shown escaped (CLI-25). All commands print through this and
 * {@link printJson}; lint keeps it so. Line ends are the caller's.
 */
export function printText(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
  process[stream].write(escapeControls(text));
}

/** Prints one JSON text for programs on stdout, with a line end: byte for byte what was serialised. */
export function printJson(json: string): void {
  process.stdout.write(`${json}\n`);
}
