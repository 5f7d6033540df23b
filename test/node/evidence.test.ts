import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { nodeFilesIn, stepFiles } from '../../activities/executor/node-files.ts';
import { harmless } from '../../activities/run-node/beat.ts';
import { EvidenceReader } from '../../activities/run-node/evidence.ts';
import { fileSize, readRange, readTail } from '../../activities/run-node/read-file.ts';
import { tempDir } from './support.ts';

function setUp(stallAfterMs = 60_000) {
  const files = nodeFilesIn(tempDir());
  const step = stepFiles(join(files.dir, '1'));
  mkdirSync(step.dir);
  const event = (type: string, data: object) => appendFileSync(files.events, `${JSON.stringify({ type, data })}\n`);
  return { files, step, event, reader: () => new EvidenceReader(files, step, stallAfterMs) };
}

describe('evidence of progress', () => {
  it('LIVE-01 counts the bytes of each file, also of those that do not exist yet', () => {
    const { step, reader } = setUp();
    const evidence = reader();
    expect(evidence.read()).toMatchObject({ outBytes: 0, errBytes: 0, eventsBytes: 0, stale: false });
    writeFileSync(step.out, 'four');
    writeFileSync(step.err, 'é');
    expect(evidence.read()).toMatchObject({ outBytes: 4, errBytes: 2 });
  });

  it('LIVE-01 knows the newest event, the newest tool and the tokens so far', () => {
    const { event, reader } = setUp();
    const evidence = reader();
    event('tool.started', { tool: 'bash' });
    event('model.completed', { usage: { total_tokens: 5 } });
    expect(evidence.read()).toMatchObject({ lastEvent: 'model.completed', lastTool: 'bash', tokens: 5 });
    event('tool.finished', { name: 'edit' });
    expect(evidence.read()).toMatchObject({ lastEvent: 'tool.finished', lastTool: 'edit', tokens: 5 });
  });

  it('RATE-02 knows until when the vendor told the executor to wait', () => {
    const { event, reader } = setUp();
    const evidence = reader();
    expect(evidence.read()).not.toHaveProperty('throttledUntilMs');
    const before = Date.now();
    event('model.retrying', { error_status: 429, retry_delay_ms: 60_000 });
    const { throttledUntilMs, answered } = evidence.read();
    expect(throttledUntilMs).toBeGreaterThanOrEqual(before + 60_000);
    expect(answered).toBeUndefined();
  });

  it('reads an event only when its line is whole, and then once', () => {
    const { files, reader } = setUp();
    const evidence = reader();
    appendFileSync(files.events, '{"type":"first","data":{}}\n{"type":"sec');
    expect(evidence.read()).toMatchObject({ lastEvent: 'first' });
    appendFileSync(files.events, 'ond ü","data":{}}\nnot json\n');
    expect(evidence.read()).toMatchObject({ lastEvent: 'second ü' });
    appendFileSync(files.events, '{"type":"third"}\n');
    expect(evidence.read()).toMatchObject({ lastEvent: 'third' });
  });

  it('reads only the end of a long event file', () => {
    const { files, reader } = setUp();
    writeFileSync(files.events, `${JSON.stringify({ type: 'filler', data: 'x'.repeat(900) })}\n`.repeat(2000));
    appendFileSync(files.events, '{"type":"last"}\n');
    expect(reader().read()).toMatchObject({ lastEvent: 'last' });
  });

  it('LIVE-01 is stale after silence, and no more once something grows', async () => {
    const { step, reader } = setUp(80);
    const evidence = reader();
    expect(evidence.read().stale).toBe(false);
    await sleep(120);
    expect(evidence.read().stale).toBe(true);
    writeFileSync(step.err, 'alive');
    expect(evidence.read()).toMatchObject({ stale: false, idleMs: 0 });
  });

  it('a beat that throws does not end the host', () => {
    let calls = 0;
    const beat = harmless(() => {
      calls++;
      throw new Error('connection lost');
    });
    expect(beat).not.toThrow();
    expect(calls).toBe(1);
  });
});

describe('reading parts of files', () => {
  it('PROC-08 a tail begins with a whole character', () => {
    const path = join(tempDir(), 'text');
    writeFileSync(path, 'ab😀cd');
    // The emoji has four bytes: a cut inside it leaves it out.
    expect([2, 3, 4, 5, 6, 7, 8, 100].map((bytes) => readTail(path, bytes))).toEqual(['cd', 'cd', 'cd', 'cd', '😀cd', 'b😀cd', 'ab😀cd', 'ab😀cd']);
  });

  it('a missing file is empty', () => {
    const path = join(tempDir(), 'gone');
    expect([readTail(path, 10), fileSize(path), readRange(path, 5)]).toEqual(['', 0, { text: '', next: 0 }]);
  });

  it('a range goes on where the last one ended', () => {
    const path = join(tempDir(), 'text');
    writeFileSync(path, 'one');
    const first = readRange(path, 0);
    appendFileSync(path, 'two');
    expect([first, readRange(path, first.next), readRange(path, 99)]).toEqual([
      { text: 'one', next: 3 },
      { text: 'two', next: 6 },
      { text: '', next: 6 },
    ]);
  });
});
