import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWriter } from '../../activities/journal/writer.ts';
import { journalRecord } from '../../schemas/journal.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import { runState } from '../../schemas/state.ts';
import { isOdwError } from '../../src/errors/error.ts';
import { EventScript, makeInput } from '../support/journal.ts';

let folder: string;
let runDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odw-journal-'));
  runDir = join(folder, '.odw', 'runs', 'run-1');
});

afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const exit = { status: 'completed', code: 0, ts_ms: 9000 } as const;
const eventsPath = () => join(runDir, 'events.jsonl');
const readJournal = () =>
  readFileSync(eventsPath(), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => journalRecord.parse(JSON.parse(line)));
const readState = () => JSON.parse(readFileSync(join(runDir, 'state.json'), 'utf8'));
const numbers = () => readJournal().map((record) => record.seq);

function someEvents(count: number): SinkRecord[] {
  const script = new EventScript(1000);
  script.emit('workflow_start', { name: 'w', script: '/w.js', backend: 'mock', resumeFrom: '', whenToUse: null });
  for (let i = 1; script.records.length < count; i++) {
    const node = { index: i, key: `k${i}`, label: `n${i}`, phase: '', attempt: 1, maxAttempts: 1 };
    script.emit('agent_start', node);
    script.emit('agent_done', { ...node, ok: true, result: `r${i}`, tokens: 1 }, { fingerprint: 'f', schema: null, model: 'm', tokens: 1 });
  }
  return script.records.slice(0, count);
}

async function writeAll(records: SinkRecord[], options = {}) {
  const writer = JournalWriter.open(makeInput(runDir), options);
  for (const record of records) writer.append(record);
  await writer.finish(exit);
  return writer;
}

describe('JournalWriter', () => {
  it('EVT-01 EVT-02 EVT-03 writes launch, events and exit, numbered without gaps', async () => {
    await writeAll(someEvents(5));
    const journal = readJournal();
    expect(journal.map((record) => record.type)).toEqual([
      'launch',
      'script_stream',
      'script_stream',
      'script_stream',
      'script_stream',
      'script_stream',
      'exit',
    ]);
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(journal[0]).toMatchObject({
      run_id: 'run-1',
      action: 'exec',
      runner: 'temporal',
      state_path: join(runDir, 'state.json'),
      resume_from: null,
      resume_state_path: null,
      shell: 'odw exec --script audit.js',
    });
    expect(journal[2]).toMatchObject({
      ts_ms: 1000,
      stream: 'stdout',
      summary: '[node] start  / n1 / -',
      raw: { type: 'agent_start', key: 'k1', ts: '1970-01-01T00:00:01.000Z' },
    });
    expect(journal.at(-1)).toEqual({ type: 'exit', seq: 6, ts_ms: 9000, status: 'completed', code: 0 });
  });

  it('EVT-01 names the resumed run', async () => {
    const writer = JournalWriter.open(makeInput(runDir, { resumeFrom: 'latest', resumedFrom: 'run-0' }));
    await writer.close();
    expect(readJournal()[0]).toMatchObject({ resume_from: 'latest', resume_state_path: join(folder, '.odw', 'runs', 'run-0', 'state.json') });
  });

  it('PROC-06 the last write of state.json holds the final state', async () => {
    const writer = await writeAll(someEvents(9));
    const state = runState.parse(readState());
    expect(Object.keys(state.agents)).toEqual(['k1', 'k2', 'k3', 'k4']);
    expect(state).toEqual(writer.state);
    expect(writer.census).toMatchObject({ ok: 4, failed: 0 });
  });

  it('PROC-06 the number of state writes does not grow with the number of events', async () => {
    const writer = JournalWriter.open(makeInput(runDir));
    for (const record of someEvents(3000)) {
      writer.append(record);
      if (record.seq % 100 === 0) await sleep(1);
    }
    await writer.finish(exit);
    expect(writer.stateWrites).toBeGreaterThanOrEqual(2);
    expect(writer.stateWrites).toBeLessThan(10);
    expect(Object.keys(readState().agents)).toHaveLength(1499);
  });

  it('PROC-05 a host that takes over gives every event again: none is written twice, the state is whole', async () => {
    const records = someEvents(21);
    const first = JournalWriter.open(makeInput(runDir));
    for (const record of records.slice(0, 8)) first.append(record);
    await first.close();
    const second = JournalWriter.open(makeInput(runDir));
    expect(second.lastSeq).toBe(8);
    for (const record of [...records, ...records]) second.append(record);
    await second.finish(exit);
    expect(numbers()).toEqual(Array.from({ length: 23 }, (_, i) => i));
    expect(Object.keys(readState().agents)).toHaveLength(10);
  });

  it('PROC-05 a rebuilt journal equals the live one byte for byte', async () => {
    const records = someEvents(12);
    await writeAll(records);
    const live = readFileSync(eventsPath());
    rmSync(runDir, { recursive: true, maxRetries: 5 });
    await writeAll(records);
    expect(readFileSync(eventsPath()).equals(live)).toBe(true);
  });

  it('EVT-03 finishing twice, or in two hosts, gives one exit record', async () => {
    const records = someEvents(4);
    const writer = await writeAll(records);
    await writer.finish(exit);
    await writeAll(records);
    expect(readJournal().filter((record) => record.type === 'exit')).toHaveLength(1);
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([1, 2, 17, 60, 200])('PROC-05 a last line torn %i bytes before its end is cut off and written again', async (bytes) => {
    const records = someEvents(6);
    const first = JournalWriter.open(makeInput(runDir));
    for (const record of records) first.append(record);
    await first.close();
    const whole = readFileSync(eventsPath(), 'utf8');
    truncateSync(eventsPath(), statSync(eventsPath()).size - bytes);
    await writeAll(records);
    expect(readFileSync(eventsPath(), 'utf8').startsWith(whole)).toBe(true);
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('PROC-05 finds the end behind a line that is longer than any buffer, and behind what a power loss left', async () => {
    const records = someEvents(3);
    (records[2]!.event as Record<string, unknown>)['result'] = 'é'.repeat(200_000);
    const first = JournalWriter.open(makeInput(runDir));
    for (const record of records) first.append(record);
    await first.close();
    const whole = readFileSync(eventsPath());
    appendFileSync(eventsPath(), `${'\0'.repeat(5000)}\n{"half":`);
    await JournalWriter.open(makeInput(runDir)).close();
    expect(readFileSync(eventsPath()).equals(whole)).toBe(true);
  });

  it("refuses another tool's journal instead of cutting it", async () => {
    await writeAll([]);
    appendFileSync(eventsPath(), '{"type":"exit","ts_ms":1}\n');
    const before = readFileSync(eventsPath(), 'utf8');
    expect(() => JournalWriter.open(makeInput(runDir))).toThrow(/has no number/);
    expect(readFileSync(eventsPath(), 'utf8')).toBe(before);
  });

  it('CLI-14 tells new lines only, or all when asked', async () => {
    const records = someEvents(5);
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    await writeAll(records.slice(0, 2));
    truncateSync(eventsPath(), readFileSync(eventsPath(), 'utf8').lastIndexOf('{"type":"exit"'));
    const second = JournalWriter.open(makeInput(runDir), { onLine });
    for (const record of records) second.append(record);
    await second.close();
    expect(lines).toEqual(['[node] done  / n1 / - ok=true', '[node] start  / n2 / -', '[node] done  / n2 / - ok=true']);
    lines.length = 0;
    const third = JournalWriter.open(makeInput(runDir), { onLine, printAll: true });
    for (const record of [...records, ...records]) third.append(record);
    await third.close();
    expect(lines).toHaveLength(5);
  });

  it('CLI-16 stderr goes to the stderr stream, the debug log and the journal', async () => {
    const script = new EventScript(1000).emit('stderr', { message: `careful\n${'x'.repeat(400)}` }, undefined, 'stderr');
    const lines: [string, string][] = [];
    await writeAll(script.records, { onLine: (line: string, stream: string) => lines.push([stream, line]) });
    expect(lines).toEqual([['stderr', `[script:stderr] careful\\n${'x'.repeat(231)}...`]]);
    expect(readFileSync(join(runDir, 'script-debug.log'), 'utf8')).toBe(`careful\n${'x'.repeat(400)}\n`);
    expect(readJournal()[1]).toMatchObject({ stream: 'stderr', summary: lines[0]![1], raw: `careful\n${'x'.repeat(400)}` });
    await JournalWriter.open(makeInput(runDir)).close();
    expect(readFileSync(join(runDir, 'script-debug.log'), 'utf8').length).toBe(409);
  });

  it('PROC-08 every journal line is valid JSON without lone surrogates', async () => {
    await writeAll(new EventScript(1).emit('log', { message: 'half \ud83d and whole 😀' }).records);
    const text = readFileSync(eventsPath(), 'utf8');
    expect(readJournal()[1]).toMatchObject({ summary: '[log] half \ufffd and whole 😀', raw: { message: 'half \ufffd and whole 😀' } });
    expect(text).not.toMatch(/\\ud83d/);
  });

  it('FILE-01 makes no debug log when the script wrote none', async () => {
    await writeAll(someEvents(2));
    expect(existsSync(join(runDir, 'script-debug.log'))).toBe(false);
  });

  it.runIf(existsSync('/dev/full'))('PROC-05 a full disk is told once with the file name, and later lines follow without a duplicate', async () => {
    const records = someEvents(7);
    const errors: Error[] = [];
    const writer = JournalWriter.open(makeInput(runDir), { onError: (error) => errors.push(error) });
    symlinkSync('/dev/full', eventsPath());
    for (const record of records.slice(0, 5)) writer.append(record);
    const failure = await writer.flush().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(isOdwError(failure) && failure.slug).toBe('journal-write-failed');
    expect((failure as Error).message).toMatch(/^cannot write .*events\.jsonl: .*ENOSPC/);
    writer.append(records[5]!);
    await expect(writer.flush()).rejects.toThrow(/ENOSPC/);
    expect(errors).toHaveLength(1);
    unlinkSync(eventsPath());
    writer.append(records[6]!);
    await writer.finish(exit);
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.runIf(existsSync('/dev/full'))('PROC-05 finish says what it could not write and can be called again', async () => {
    const writer = JournalWriter.open(makeInput(runDir));
    symlinkSync('/dev/full', eventsPath());
    writer.append(someEvents(1)[0]!);
    await expect(writer.finish(exit)).rejects.toThrow(/events\.jsonl/);
    unlinkSync(eventsPath());
    await writer.finish(exit);
    expect(numbers()).toEqual([0, 1, 2]);
  });

  // A limit on file size cuts a write in the middle, as a disk does that fills up: half a line is in the file then.
  it.runIf(process.platform === 'linux')('PROC-05 what a failed write left behind is cut off before the next try', async () => {
    const child = join(folder, 'child.mjs');
    await build({
      stdin: {
        contents: `
          import { execFileSync } from 'node:child_process';
          import { statSync } from 'node:fs';
          import { JournalWriter } from './activities/journal/writer.ts';
          import { EventScript, makeInput } from './test/support/journal.ts';
          process.on('SIGXFSZ', () => {});
          const script = new EventScript(1);
          for (let i = 0; i < 60; i++) script.emit('log', { message: 'x'.repeat(1000) });
          const writer = JournalWriter.open(makeInput(${JSON.stringify(runDir)}));
          for (const record of script.records.slice(0, 4)) writer.append(record);
          await writer.flush();
          for (const record of script.records.slice(4)) writer.append(record);
          const message = await writer.flush().then(() => 'no error', (error) => error.message);
          console.log(statSync(${JSON.stringify(eventsPath())}).size < 16384 ? message : 'not cut');
          execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
          await writer.finish({ status: 'completed', code: 0, ts_ms: 5 });
        `,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      outfile: child,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const out = execFileSync('sh', ['-c', `ulimit -S -f 32; exec "${process.execPath}" "${child}"`], { encoding: 'utf8' });
    expect(out).toMatch(/^cannot write .*events\.jsonl: .*EFBIG/);
    expect(numbers()).toEqual(Array.from({ length: 62 }, (_, i) => i));
  });
});
