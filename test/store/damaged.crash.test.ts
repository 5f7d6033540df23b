import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { openBlobStore } from '../../temporal/blobs/blob-store.ts';
import { BlobReferences } from '../../temporal/blobs/references.ts';
import { connectEngine } from '../../temporal/connect.ts';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { Project, startOdw } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const damages = {
  'a byte of it changed': (path: string) => {
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);
  },
  'it was removed': (path: string) => rmSync(path),
  'it was cut': (path: string) => truncateSync(path, 1000),
};

const blobsOf = (runId: string) => {
  const store = openBlobStore();
  return new BlobReferences(store.folder)
    .of(runId)
    .blobs.map((digest) => ({ digest, path: store.pathOf(digest), content: readFileSync(store.pathOf(digest)) }));
};

/** Waits until the server has a node of the run under way. */
async function untilRunning(runId: string): Promise<void> {
  const { client, connection } = await connectEngine(await ensureEngine(), blobDataConverter());
  const started = async () => (await client.workflow.getHandle(runId).describe()).raw.pendingActivities?.length ?? 0;
  await expect.poll(started, { timeout: 120_000, interval: 100 }).toBe(1);
  await connection.close();
}

/** Starts a run, kills its host when the wanted node is under way, and gives the run's id. */
async function killedAt(label: string): Promise<string> {
  const host = startOdw(['exec', '--script', 'a.js', '--no-report'], { cwd: project.dir });
  await host.until(new RegExp(`start {2}/ ${label} `), 120_000);
  await untilRunning(/run_id=(\S+)/.exec(host.text())![1]!);
  host.child.kill('SIGKILL');
  return (await host.end).runId as string;
}

describe('a blob that cannot be read', { timeout: 240_000 }, () => {
  it.each(Object.entries(damages))(
    'ART-01 of a node that is started again fails that node alone, by name and with what to do, when %s',
    async (_how, damage) => {
      project = new Project({
        'a.js': `const first = await agent('small', { label: 'first' });
          const big = await agent('B'.repeat(60000), { label: 'big', mockDelayMs: 600000 });
          const last = await agent('other', { label: 'last' });
          return { first: first.label, category: big.error.category, message: big.error.message, last: last.label };`,
      });
      const runId = await killedAt('big');
      const [blob] = blobsOf(runId);
      damage(blob!.path);
      const ended = await project.odw(['exec', '--resume', runId, '--no-report']);
      expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^\[odw\] failed: big: blob [^\n]+\n$/) as string });
      const result = project.state(runId).result as Record<string, string>;
      expect(result).toMatchObject({ first: 'first', last: 'last', category: 'workflow_agent_failed' });
      expect(result['message']).toContain(`blob ${blob!.digest} is `);
      expect(result['message']).toMatch(/(Bring back the blobs folder|Restore the file from a backup)/);
    },
  );

  it.each(Object.entries(damages))(
    'PROC-07 that an open run needs leaves it open, by name, and it goes on once the blob is back, when %s',
    async (_how, damage) => {
      project = new Project({
        'a.js': `const a = await agent('one', { label: 'one', mockAgentText: 'R'.repeat(60000) });
          const b = await agent('two', { label: 'two', mockDelayMs: 5000 });
          return { a: a.length, b: b.label };`,
      });
      const runId = await killedAt('two');
      const blobs = blobsOf(runId);
      for (const { path } of blobs) damage(path);
      const stuck = await project.odw(['exec', '--resume', runId, '--no-report']);
      expect(stuck.code).toBe(1);
      expect(stuck.stderr).toMatch(
        /run cannot go on: blob [0-9a-f]{64} is (missing|damaged)[^]*Bring the blob back and resume\. Without it: odw stop odw-exec-/,
      );
      expect(project.run(runId).status).toBe('interrupted');

      for (const { path, content } of blobs) writeFileSync(path, content);
      expect(await project.odw(['exec', '--resume', runId, '--no-report'])).toMatchObject({ code: 0, stderr: '' });
      expect(project.state(runId).result).toEqual({ a: 60000, b: 'two' });
      expect(project.events(runId).filter((event) => event['type'] === 'agent_done')).toHaveLength(2);
    },
  );

  it('that a rebuild needs is named, and the folder stays as it is', async () => {
    project = new Project({ 'a.js': `return (await agent('one', { mockAgentText: 'R'.repeat(60000) })).length` });
    const { runId } = await project.odw(['exec', '--script', 'a.js', '--no-report']);
    const dir = project.runDir(runId as string);
    const events = readFileSync(join(dir, 'events.jsonl'), 'utf8');
    for (const { path } of blobsOf(runId as string)) rmSync(path);
    const rebuilt = await project.odw(['runs', 'rebuild', runId as string]);
    expect(rebuilt.code).toBe(1);
    expect(rebuilt.stderr).toMatch(/^Error: blob [0-9a-f]{64} is missing: there is no [^\n]+\n[^]*Bring back the blobs folder[^\n]+\(blob-missing, [^\n]+\n$/);
    expect(rebuilt.stderr).not.toContain('Replay failed');
    expect(readFileSync(join(dir, 'events.jsonl'), 'utf8')).toBe(events);
  });

  it('of a stopped run is named as the cause that its journal is not made again, and the run is closed', async () => {
    project = new Project({
      'a.js': `const a = await agent('one', { label: 'one', mockAgentText: 'R'.repeat(60000) });
        return [a.length, (await agent('two', { label: 'two', mockDelayMs: 600000 })).label];`,
    });
    const runId = await killedAt('two');
    for (const { path } of blobsOf(runId)) rmSync(path);
    const stopped = await project.odw(['stop', runId]);
    expect(stopped.code, stopped.stderr).toBe(0);
    expect(stopped.stdout).toMatch(/^blob [0-9a-f]{64} is missing: [^\n]+ The journal of run \S+ keeps what it had/);
    expect(project.run(runId).status).toBe('cancelled');
  });

  it('RES-04 PROC-07 and whose result stands nowhere else fails its node alone, is not paid again unasked, and is reused once it is back', async () => {
    const schema = `{ type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }`;
    project = new Project({
      'a.js': `const big = 'R'.repeat(60000);
        const a = await agent('one', { label: 'one', mockAgentText: big });
        const b = await agent('two', { label: 'two', schema: ${schema}, mockValue: { text: big } });
        const c = await agent('three', { label: 'three' });
        return [a, b].map((one) => one.error?.category ?? (one.text ?? one).length).concat(c.label);`,
    });
    const first = (await project.odw(['exec', '--script', 'a.js', '--no-report'])).runId as string;
    expect(project.state(first).result).toEqual([60000, 60000, 'three']);
    const blobs = blobsOf(first).filter(({ content }) => content.includes('"status":"ok"'));
    expect(blobs).toHaveLength(2);
    for (const { path } of blobs) rmSync(path);
    for (const name of ['state.json', 'events.jsonl', 'nodes']) rmSync(join(project.runDir(first), name), { recursive: true, force: true });

    const second = await project.odw(['exec', '--resume', first, '--no-report']);
    expect(second.code, second.stderr).toBe(0);
    const next = second.runId as string;
    expect(project.state(next).result).toEqual(['reuse_unreadable', 'reuse_unreadable', 'three']);
    const started = (runId: string) => project.events(runId).filter((event) => event['type'] === 'agent_start').length;
    expect(started(next)).toBe(0);
    expect(second.stderr).toMatch(/one: its earlier result cannot be read: blob [0-9a-f]{64} is missing/);

    for (const { path, content } of blobs) writeFileSync(path, content);
    const third = await project.odw(['exec', '--resume', next, '--no-report']);
    expect(project.state(third.runId as string).result).toEqual([60000, 60000, 'three']);
    expect(started(third.runId as string)).toBe(0);
  });

  it('RES-04 together with the blob of what its node was asked is named by the resume that runs the node again', async () => {
    project = new Project({
      'a.js': `const a = await agent('one', { label: 'one', mockAgentText: 'R'.repeat(60000) }); const b = await agent('two', { label: 'two' }); return [a.length, b.label];`,
    });
    const first = (await project.odw(['exec', '--script', 'a.js', '--no-report'])).runId as string;
    const blobs = blobsOf(first);
    const asked = blobs.find(({ content }) => !content.includes('"status":"ok"'));
    for (const { path } of blobs) rmSync(path);
    for (const name of ['state.json', 'events.jsonl']) rmSync(join(project.runDir(first), name));
    const { code, stdout, stderr } = await project.odw(['exec', '--resume', first, '--no-report']);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`blob ${asked!.digest} is missing or damaged: it holds what a node of run ${first} was asked`)]);
    expect([/skip {2}\/ two/.test(stdout), /done {2}\/ one/.test(stdout)]).toEqual([true, true]);
  });

  it('of one finished node leaves the results of the others to the next resume', async () => {
    project = new Project({
      'a.js': `const a = await agent('one', { label: 'one', mockAgentText: 'R'.repeat(60000) });
        const b = await agent('two', { label: 'two' });
        return { a: a.length, b: b.label, input };`,
    });
    const { runId } = await project.odw(['exec', '--script', 'a.js', '--no-report']);
    for (const { path } of blobsOf(runId as string)) rmSync(path);
    rmSync(join(project.runDir(runId as string), 'state.json'));
    const resumed = await project.odw(['exec', '--resume', runId as string, '--no-report']);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(resumed.stdout).toMatch(/skip {2}\/ two/);
    expect(project.state(resumed.runId as string).result).toMatchObject({ a: 60000, b: 'two' });
  });
});
