import { readFileSync } from 'node:fs';
import type { ControlRequest, NodeChanges } from '../../schemas/run-control.ts';
import { OdwError } from '../../src/errors/error.ts';
import type { Told } from './answer.ts';
import { sendToRun } from './send.ts';

export interface RestartFlags {
  model?: string;
  effort?: string;
  promptFile?: string;
}

/** `odw node stop` and `odw node restart` (CTRL-04, CTRL-05). Throws as {@link sendToRun}; `option-invalid` for a prompt that cannot be read, or a blank word. */
export async function endNode(root: string, run: string, node: string, action: 'stop' | 'restart', flags: RestartFlags = {}): Promise<Told> {
  const changes = action === 'restart' ? readChanges(flags) : undefined;
  const request: ControlRequest = action === 'stop' ? { command: 'node', action, node } : { command: 'node', action, node, ...(changes ? { changes } : {}) };
  const { runId, answer } = await sendToRun(root, run, request);
  const anew = changes ? ` with another ${Object.keys(changes).join(' and ')}` : '';
  const what = action === 'stop' ? 'ends, and fails with the category cancelled' : `starts anew${anew}; this uses no attempt`;
  return { json: { run: runId, node, state: answer.state, changed: true }, text: `node ${node} of run ${runId} ${what}` };
}

function readChanges({ model, effort, promptFile }: RestartFlags): NodeChanges | undefined {
  const changes: NodeChanges = {};
  if (model !== undefined) changes.model = word('--model', model);
  if (effort !== undefined) changes.effort = word('--effort', effort);
  if (promptFile !== undefined) changes.prompt = readPrompt(promptFile);
  return Object.keys(changes).length > 0 ? changes : undefined;
}

function word(flag: string, value: string): string {
  if (value.trim() === '') throw new OdwError('option-invalid', `${flag} needs a word`, { exitCode: 2 });
  return value.trim();
}

function readPrompt(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new OdwError('option-invalid', `--prompt-file ${path} cannot be read: ${(cause as Error).message}`, { exitCode: 2, cause });
  }
  if (text.trim() === '') throw new OdwError('option-invalid', `--prompt-file ${path} is empty: expected the new prompt`, { exitCode: 2 });
  return text;
}
