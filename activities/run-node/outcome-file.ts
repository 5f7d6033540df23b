import { existsSync, readFileSync } from 'node:fs';
import { nodeOutcome, type NodeOutcome } from '../../schemas/node.ts';
import { writeFileDurable } from '../../system/files.ts';
import { debugPoint } from '../../system/debug-point.ts';

/** The outcome that an earlier host wrote; undefined when the node has none yet. */
export function readOutcome(path: string): NodeOutcome | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const parsed = nodeOutcome.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the outcome so that it survives power loss: from here on the node is never run again. */
export async function writeOutcome(path: string, outcome: NodeOutcome): Promise<void> {
  await writeFileDurable(path, `${JSON.stringify(outcome)}\n`);
  debugPoint('after-outcome');
}
