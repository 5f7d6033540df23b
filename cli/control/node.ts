import type { Told } from './answer.ts';
import { sendToRun } from './send.ts';

/** `odw node stop` and `odw node restart` (CTRL-04, CTRL-05). Throws as {@link sendToRun}. */
export async function endNode(root: string, run: string, node: string, action: 'stop' | 'restart'): Promise<Told> {
  const { runId, answer } = await sendToRun(root, run, { command: 'node', action, node });
  const what = action === 'stop' ? 'ends, and fails with the category cancelled' : 'ends and starts anew; this uses no attempt';
  return { json: { run: runId, node, state: answer.state, changed: true }, text: `node ${node} of run ${runId} ${what}` };
}
