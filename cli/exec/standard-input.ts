import { readSync } from 'node:fs';
import { printText } from '../print.ts';

const chunkBytes = 1 << 16;
const pauseMs = 20;

/**
 * Reads standard input to its end. Who sits at a terminal is told what is awaited, also by a command that prints for programs.
 *
 * @param descriptor where it is read; the tests have others
 * @throws the error of the system when it cannot be read
 */
export function readStandardInput(descriptor = 0, isTerminal: boolean = process.stdin.isTTY): string {
  if (isTerminal) printText('[odw] --input-file - reads the input from this terminal: type it, then end it with Ctrl-D on a line of its own\n', 'stderr');
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(chunkBytes);
    const read = readSome(descriptor, part);
    if (read === 0) return Buffer.concat(parts).toString('utf8');
    parts.push(part.subarray(0, read));
  }
}

// A descriptor that another process made non-blocking says EAGAIN where nothing has come yet.
function readSome(descriptor: number, part: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, part);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
