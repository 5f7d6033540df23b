import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import { JournalWriter } from '../../activities/journal/writer.ts';
import { readReuse } from '../../cli/exec/reuse.ts';
import { readWrittenState } from '../../cli/exec/written-state.ts';
import { EventScript, makeInput } from '../support/journal.ts';

const finishedMs = 9000;
let folder: string;
let run: { runId: string; runDir: string };
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odw-written-'));
  run = { runId: 'run-1', runDir: join(folder, '.odw', 'runs', 'run-1') };
  const input = makeInput(run.runDir);
  const journal = JournalWriter.open(input);
  const script = new EventScript(1000);
  for (const n of [1, 2, 3]) {
    const node = { index: n, key: `k${n}`, label: `n${n}`, phase: '', attempt: 1, maxAttempts: 1 };
    const result = n === 3 ? { deep: ['ü', '\ud800'] } : 'x'.repeat(700_000);
    script.emit('agent_done', { ...node, ok: true, tokens: n, result }, { fingerprint: String(n).repeat(64), parts: 'p' });
  }
  for (const record of script.records) journal.append(record);
  await journal.finish({ status: 'completed', code: 0, ts_ms: finishedMs });
  const place = { workflowId: 'run-1', temporalRunId: null, namespace: null, address: null, ui: null };
  writeRunFile({ ...buildRunFile(input, place), status: 'completed', finished_ms: finishedMs, state_sha256: journal.stateSha256 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** A server that knows the run as closed at this time, and would fail a look at its history. */
const server = (closeTime: Date | undefined | Error) =>
  ({
    workflow: {
      getHandle: () => ({
        describe: () => (closeTime instanceof Error ? Promise.reject(closeTime) : Promise.resolve({ closeTime })),
        fetchHistory: () => Promise.reject(new Error('the history was read')),
      }),
    },
  }) as unknown as Client;
const closed = server(new Date(finishedMs));
const state = () => readFileSync(join(run.runDir, 'state.json'), 'utf8');

describe('the state of a closed run, as a resume reads it', () => {
  it('RES-08 is state.json as it was written at the end: the run is not played again for it', async () => {
    expect(await readWrittenState(closed, run)).toBe(state());
    const { reuse, failed, active } = await readReuse(closed, run, false);
    expect(Object.entries(reuse.nodes).map(([key, { fingerprint, tokens }]) => [key, fingerprint, tokens])).toEqual(
      [1, 2, 3].map((n) => [`k${n}`, String(n).repeat(64), n]),
    );
    expect(reuse.nodes['k1']?.value).toBe('x'.repeat(700_000));
    expect(reuse.nodes['k3']?.value).toEqual({ deep: ['ü', '\ufffd'] });
    expect([failed, active]).toEqual([[], []]);
    // Asked for, it is made from history all the same.
    await expect(readReuse(closed, run, true)).rejects.toThrow('the history was read');
  });

  it('RES-08 is taken from history when state.json is another one, or nobody knows', async () => {
    const path = join(run.runDir, 'state.json');
    const written = state();
    writeFileSync(path, written.replace('xxx', 'xyx'));
    expect(await readWrittenState(closed, run)).toBeUndefined();
    await expect(readReuse(closed, run, false)).rejects.toThrow('the history was read');
    writeFileSync(path, written);
    expect(await readWrittenState(closed, run)).toBe(written);
    appendFileSync(path, '\n');
    expect(await readWrittenState(closed, run)).toBeUndefined();
    rmSync(path);
    expect(await readWrittenState(closed, run)).toBeUndefined();
    writeFileSync(path, written);

    const runFile = join(run.runDir, 'run.json');
    const { state_sha256: _older, ...rest } = JSON.parse(readFileSync(runFile, 'utf8')) as Record<string, unknown>;
    for (const text of [JSON.stringify(rest), '{ torn']) {
      writeFileSync(runFile, text);
      expect(await readWrittenState(closed, run)).toBeUndefined();
    }
  });

  it('RES-09 that cannot be read stops a resume with advice, whatever keeps it from being read', async () => {
    const path = join(run.runDir, 'state.json');
    rmSync(path);
    mkdirSync(path);
    await expect(readReuse(closed, run, false)).rejects.toMatchObject({ slug: 'state-corrupt' });
  });

  it('RES-08 is taken from history when the server has another end of the run; a server that does not know it has none', async () => {
    expect(await readWrittenState(server(new Date(finishedMs + 5000)), run)).toBeUndefined();
    expect(await readWrittenState(server(undefined), run)).toBeUndefined();
    expect(await readWrittenState(server(Object.assign(new Error('gone'), { code: 5 })), run)).toBe(state());
    await expect(readWrittenState(server(new Error('no connection')), run)).rejects.toThrow('no connection');
  });
});
