import { ensureEngine } from '../../../temporal/engine/index.ts';

// A process that gets an engine, says which, and then waits to be ended.
const engine = await ensureEngine({ onProgress: (progress) => process.stdout.write(`${JSON.stringify({ progress })}\n`) });
process.stdout.write(`${JSON.stringify({ engine })}\n`);
setInterval(() => {}, 1000);
