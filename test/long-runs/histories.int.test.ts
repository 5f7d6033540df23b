import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../schemas/journal.ts';
import { blobDataConverter } from '../../temporal/blobs/data-converter.ts';
import { replayRecords } from '../../temporal/run/rebuild.ts';

const folder = join(import.meta.dirname, '../histories');
const features = readdirSync(folder).flatMap((name) => (name.endsWith('.json') ? [name.replace(/\.json$/, '')] : []));

const journalOf = (feature: string) =>
  readFileSync(join(folder, `${feature}.events.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalRecord);

/** An event as journal and replay both tell it. */
const told = (seq: number, ts: number, stream: string, raw: unknown) => ({ seq, ts, stream, raw });

describe('golden histories', () => {
  beforeAll(() => {
    cpSync(join(folder, 'blobs'), join(process.env['ODW_HOME'] as string, 'blobs'), { recursive: true });
  });

  it('there is one for each script that is recorded', () => {
    const scripts = readdirSync(join(folder, 'fixtures')).map((name) => name.replace(/\.js$/, ''));
    expect(features.toSorted()).toEqual(scripts.filter((name) => name !== 'child').toSorted());
    expect(features.length).toBeGreaterThan(15);
  });

  it.each(features)('HIST-02 %s: this version plays it, and makes the same journal', async (feature) => {
    const journal = journalOf(feature);
    const [launch] = journal;
    if (launch?.type !== 'launch') throw new Error(`${feature}.events.jsonl does not begin with the launch record`);
    const { historyFromJSON } = await import('@temporalio/common/lib/proto-utils.js');
    const history = historyFromJSON(JSON.parse(readFileSync(join(folder, `${feature}.json`), 'utf8')));
    const records = await replayRecords(history, launch.run_id, blobDataConverter());
    const expected = journal.flatMap((record) => (record.type === 'script_stream' ? [told(record.seq, record.ts_ms, record.stream, record.raw)] : []));
    const made = records.map(({ seq, ts_ms, stream, event }) => told(seq, ts_ms, stream, stream === 'stderr' ? event['message'] : event));
    expect(made).toEqual(expected);
    expect(made.length).toBeGreaterThan(1);
  });

  it('tell nothing of the machine that made them', () => {
    for (const name of readdirSync(folder).filter((file) => /\.jsonl?$/.test(file))) {
      const text = readFileSync(join(folder, name), 'utf8');
      const values = [...text.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => Buffer.from(data as string, 'base64').toString('utf8'));
      const paths = [text, ...values].flatMap((part) => [...part.matchAll(/"(\/[^"\\\s]+\/[^"\\]*)/g)].map(([, path]) => path as string));
      expect([name, paths.filter((path) => !path.startsWith('/tmp/odw-golden/'))]).toEqual([name, []]);
      const workers = [...text.matchAll(/"identity":"([^"]*)"/g)].map(([, identity]) => identity as string);
      expect([name, workers.filter((identity) => !/^(odw@host:1:1|1@host|history-service)?$/.test(identity))]).toEqual([name, []]);
    }
    expect(existsSync(join(folder, 'blobs'))).toBe(true);
  });
});
