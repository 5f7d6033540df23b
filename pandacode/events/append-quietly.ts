import { appendFileSync } from 'node:fs';

/** Appends to a log. A full disk or a removed folder must not end a paid run: logs are evidence, the report is the result. @returns whether it worked */
export function appendQuietly(path: string, text: string): boolean {
  try {
    appendFileSync(path, text, { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}
