import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWriter } from '../../activities/journal/writer.ts';
import type { SinkRecord } from '../../schemas/journal.ts';
import { EventScript, makeInput } from '../support/journal.ts';

let folder: string;
let runDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odw-diverged-'));
  runDir = join(folder, '.odw', 'runs', 'run-1');
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const file = (name: string) => readFileSync(join(runDir, name), 'utf8');

// Two nodes that ran at once. The task that took the first one's end was lost with the server; done again, it took the second one's first.
function events(order: ('a' | 'b')[], ts: number): SinkRecord[] {
  const script = new EventScript(1000);
  const node = (key: string) => ({ index: key === 'a' ? 1 : 2, key, label: key, phase: '', attempt: 1, maxAttempts: 1 });
  script.emit('workflow_start', { name: 'w', script: '/w.js', backend: 'mock', resumeFrom: '', whenToUse: null });
  script.emit('stderr', { message: 'before' }, undefined, 'stderr');
  script.emit('agent_start', node('a')).emit('agent_start', node('b')).at(ts);
  for (const key of order) {
    script.emit('stderr', { message: `${key} is done, ä` }, undefined, 'stderr');
    script.emit('agent_done', { ...node(key), ok: true, result: key, tokens: 1 }, { fingerprint: 'f', schema: null, model: 'm', tokens: 1 });
  }
  return script.records;
}

async function written(records: SinkRecord[]): Promise<{ journal: string; debug: string; state: string }> {
  const writer = JournalWriter.open(makeInput(runDir));
  for (const record of records) writer.append(record);
  await writer.finish({ status: 'completed', code: 0, ts_ms: 9000 });
  const files = { journal: file('events.jsonl'), debug: file('script-debug.log'), state: file('state.json') };
  rmSync(runDir, { recursive: true, maxRetries: 5 });
  return files;
}

describe('a workflow task that was lost with the server and done again', () => {
  it('PROC-05 the journal is cut back to where history went another way, in the same host', async () => {
    const expected = await written(events(['b', 'a'], 3000));
    const lines: string[] = [];
    const writer = JournalWriter.open(makeInput(runDir), { onLine: (line) => lines.push(line) });
    for (const record of events(['a', 'b'], 2000).slice(0, 6)) writer.append(record);
    await writer.flush();
    expect(writer.state.agents).toHaveProperty('a');
    for (const record of events(['b', 'a'], 3000)) writer.append(record);
    await writer.finish({ status: 'completed', code: 0, ts_ms: 9000 });
    expect({ journal: file('events.jsonl'), debug: file('script-debug.log'), state: file('state.json') }).toEqual(expected);
    expect(writer.census).toMatchObject({ ok: 2 });
    expect(lines.filter((line) => line.includes('done  / a'))).toHaveLength(2); // told, then told again in its true place
  });

  it('PROC-05 and in a host that takes over, also when the first one left a torn line', async () => {
    const expected = await written(events(['b', 'a'], 3000));
    const first = JournalWriter.open(makeInput(runDir));
    for (const record of events(['a', 'b'], 2000)) first.append(record);
    await first.close();
    const second = JournalWriter.open(makeInput(runDir));
    for (const record of events(['b', 'a'], 3000)) second.append(record);
    await second.finish({ status: 'completed', code: 0, ts_ms: 9000 });
    expect({ journal: file('events.jsonl'), debug: file('script-debug.log'), state: file('state.json') }).toEqual(expected);
  });

  it('FILE-01 makes no debug log when the script wrote none', async () => {
    const silent = (records: SinkRecord[]) => records.filter(({ stream }) => stream === 'stdout').map((record, n) => ({ ...record, seq: n + 1 }));
    const writer = JournalWriter.open(makeInput(runDir));
    for (const record of silent(events(['a', 'b'], 2000))) writer.append(record);
    for (const record of silent(events(['b', 'a'], 3000))) writer.append(record);
    await writer.finish({ status: 'completed', code: 0, ts_ms: 9000 });
    expect(file('events.jsonl')).toMatch(/"result":"b"[^]*"result":"a"/);
    expect(existsSync(join(runDir, 'script-debug.log'))).toBe(false);
  });

  it('a replay that tells the same again writes nothing and prints nothing', async () => {
    const records = events(['a', 'b'], 2000);
    const lines: string[] = [];
    const writer = JournalWriter.open(makeInput(runDir), { onLine: (line) => lines.push(line) });
    for (const record of records) writer.append(record);
    const printed = lines.length;
    for (const record of [...records, ...records.slice(0, 3), ...records]) writer.append(record);
    await writer.finish({ status: 'completed', code: 0, ts_ms: 9000 });
    expect(lines).toHaveLength(printed);
    expect(file('events.jsonl').trimEnd().split('\n')).toHaveLength(records.length + 2);
    expect(file('script-debug.log').trimEnd().split('\n')).toHaveLength(3);
  });
});

describe('a journal with a damaged line in the middle', () => {
  // Plays the run to its seventh event, damages a line, and lets another host play it to its end.
  async function takenOver(at: number) {
    const first = JournalWriter.open(makeInput(runDir));
    for (const record of events(['a', 'b'], 2000).slice(0, 7)) first.append(record);
    await first.close();
    const lines = file('events.jsonl').split('\n');
    lines[at] = lines[at]!.replace(/^.{9}/, '\u0000\u0000\u0000');
    writeFileSync(join(runDir, 'events.jsonl'), lines.join('\n'));
    const second = JournalWriter.open(makeInput(runDir));
    for (const record of events(['a', 'b'], 2000)) second.append(record);
    await second.finish({ status: 'completed', code: 0, ts_ms: 9000 });
    return { journal: file('events.jsonl'), debug: file('script-debug.log'), state: file('state.json') };
  }

  it.each([
    ['an event', 3],
    ['a text on stderr', 2],
  ])('PROC-05 HIST-02 is made whole by the next host, from that line on: %s', async (_, at) => {
    const expected = await written(events(['a', 'b'], 2000));
    expect(await takenOver(at)).toEqual(expected);
  });

  it('HIST-02 is told from one that somebody deleted, cut or replaced under its writer', async () => {
    const path = join(runDir, 'events.jsonl');
    const writer = JournalWriter.open(makeInput(runDir));
    for (const record of events(['a', 'b'], 2000)) writer.append(record);
    await writer.flush();
    expect(await writer.isInPlace()).toBe(true);
    const whole = file('events.jsonl');
    writeFileSync(path, whole.slice(0, -10));
    expect(await writer.isInPlace()).toBe(false);
    writeFileSync(path, whole);
    expect(await writer.isInPlace()).toBe(true);
    renameSync(path, `${path}.kept`);
    expect(await writer.isInPlace()).toBe(false);
    writeFileSync(path, whole);
    expect(await writer.isInPlace()).toBe(false);
    renameSync(`${path}.kept`, path);
    await writer.close();
    expect(await writer.isInPlace()).toBe(true);
  });

  it('PROC-05 a damaged launch record keeps no host from the rest', async () => {
    const expected = await written(events(['a', 'b'], 2000));
    const found = await takenOver(0);
    const rest = (text: string) => text.slice(text.indexOf('\n'));
    expect({ ...found, journal: rest(found.journal) }).toEqual({ ...expected, journal: rest(expected.journal) });
  });
});
