import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes an executable POSIX shell script. */
export function writeProgram(path: string, body: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

export const versionLine = 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)';

/** A program that says it is the Temporal CLI of the given version line, and runs `otherwise` for any other command. */
export function fakeTemporal(path: string, line: string = versionLine, otherwise = 'exit 1'): string {
  return writeProgram(path, `if [ "$1" = --version ]; then echo '${line}'; exit 0; fi\n${otherwise}`);
}
