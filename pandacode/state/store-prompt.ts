import { join } from 'node:path';
import { writeFileAtomic } from '../../system/files.ts';
import type { RuntimeName } from '../runtimes/runtime.ts';
import { ensureDirectory, sessionPaths } from './layout.ts';

/** The largest prompt that is sent on stdin, in bytes: the claude CLI takes 10 MB. */
const largest = 8 * 1024 * 1024;
let counter = 0;

/** Keeps a prompt in the state folder and says what to send: the prompt itself, or a pointer to the file when it is too large. */
export function storePrompt(
  stateDir: string,
  runtime: RuntimeName,
  session: string,
  dispatchId: string | null,
  prompt: string,
): { file: string; transport: 'direct' | 'file_reference'; send: string } {
  const paths = sessionPaths(stateDir, runtime, session);
  const dispatch = dispatchId ? `-${dispatchId.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(-40)}` : '';
  const file = join(ensureDirectory(paths.prompts), `${paths.file}${dispatch}-${Date.now()}-${counter++}.md`);
  writeFileAtomic(file, prompt, { mode: 0o600 });
  if (Buffer.byteLength(prompt) <= largest) return { file, transport: 'direct', send: prompt };
  return { file, transport: 'file_reference', send: `The task is too long for this message. Read all of it from the file ${file} and carry it out.` };
}
