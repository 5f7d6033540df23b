import { listWorkers, type WorkerView } from '../../temporal/service/pollers.ts';
import { engineClient } from '../engine-client.ts';
import { printJson, printText } from '../print.ts';

/** `odw worker list`. Returns the exit code. */
export async function list(flags: { here?: boolean; json?: boolean }): Promise<number> {
  const { client } = await engineClient();
  const workers = (await listWorkers(client)).filter((worker) => worker.here || !flags.here);
  if (flags.json) printJson(JSON.stringify(workers));
  else printText(`${listText(workers)}\n`);
  return flags.here && workers.length === 0 ? 1 : 0;
}

function listText(workers: WorkerView[]): string {
  if (workers.length === 0) return 'no worker serves the queue; odw worker start is one';
  return workers
    .map(({ host, pid, version, seen_ms_ago, here }) => {
      const where = here ? `${host} (this machine)` : host;
      return `${where}  process ${pid}  odw ${version ?? '?'}  seen ${Math.round(seen_ms_ago / 1000)} s ago`;
    })
    .join('\n');
}
