import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { countStart } from '../../temporal/run/host-starts.ts';
import { Project, startOdw } from '../support/odw.ts';

describe('hosts that end one after another', () => {
  it('are counted while the journal stays where it was', () => {
    const first = countStart(undefined, 5);
    expect([first, countStart(first, 5), countStart(countStart(first, 5), 6)]).toEqual([
      { starts: 1, events: 5 },
      { starts: 2, events: 5 },
      { starts: 1, events: 6 },
    ]);
  });

  let project: Project | undefined;
  afterEach(() => project?.remove());

  it('end the run at the third, when the workflow itself is what they ran; a long node is never taken for that', async () => {
    const own = (project = new Project({ 'a.js': `await agent('slow', { mockDelayMs: 2500 }); return 'done'` }));
    const killed = async () => {
      const run = startOdw(['exec', '--script', 'a.js'], { cwd: own.dir });
      await run.until(/\[node\] start/);
      run.child.kill('SIGKILL');
      const runId = (await run.end).runId as string;
      const lines = readFileSync(join(own.runDir(runId), 'events.jsonl'), 'utf8')
        .trimEnd()
        .split('\n').length;
      writeFileSync(join(own.runDir(runId), 'host-starts.json'), JSON.stringify({ starts: 2, events: lines - 1 }));
      return runId;
    };
    const patient = await killed();
    expect(await own.odw(['exec', '--resume', patient, '--json'])).toMatchObject({ code: 0, stdout: '"done"\n' });

    const deadly = await killed();
    const { connection, client } = await connectEngine(await ensureEngine(), blobDataConverter());
    await client.workflow.getHandle(deadly).signal('anything'); // what its hosts died of: a task of the workflow that is still open
    await connection.close();
    const end = await own.odw(['exec', '--resume', deadly]);
    expect(end.code).toBe(1);
    expect(own.run(deadly)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/^3 hosts in a row ended while they ran the workflow script/) as string },
    });
    expect(existsSync(join(own.runDir(deadly), 'report.html'))).toBe(true);
  });
});
