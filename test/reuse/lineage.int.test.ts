import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Project } from '../support/odw.ts';

// Each test starts several commands, one after another, and some a server.
vi.setConfig({ testTimeout: 180_000 });

let project: Project;
afterEach(() => project.remove());

async function memoOf(runId: string): Promise<Record<string, unknown>> {
  const server = JSON.parse(readFileSync(join(String(process.env['ODW_HOME']), 'server.json'), 'utf8')) as { port: number };
  const connection = await Connection.connect({ address: `127.0.0.1:${server.port}` });
  try {
    return (await new Client({ connection }).workflow.getHandle(runId).describe()).memo ?? {};
  } finally {
    await connection.close();
  }
}

describe('a chain of resumes', () => {
  it('RES-03 FILE-02 is told in run.json and in the memo that the Web UI shows', async () => {
    project = new Project({ 'a.js': `return (await agent('one')).ok` });
    const ids: string[] = [];
    ids[0] = (await project.odw(['exec', '--script', 'a.js', '--no-report'])).runId as string;
    for (const n of [1, 2]) ids[n] = (await project.odw(['exec', '--resume', ids[n - 1] as string, '--no-report'])).runId as string;
    const [a, b, c] = ids as [string, string, string];
    expect([a, b, c].map((id) => [project.run(id).resumed_from, project.run(id).lineage_root])).toEqual([
      [null, null],
      [a, a],
      [b, a],
    ]);
    expect(await memoOf(a)).toMatchObject({ resumedFrom: null, lineageRoot: null });
    expect(await memoOf(b)).toMatchObject({ resumedFrom: a, lineageRoot: a });
    expect(await memoOf(c)).toMatchObject({ resumedFrom: b, lineageRoot: a });
  });
});
