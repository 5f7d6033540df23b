import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildRunFile, readRunFile, updateRunFile, writeRunFile } from '../../activities/journal/run-file.ts';
import { runFile } from '../../schemas/run-file.ts';
import { makeInput } from '../support/journal.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odw-run-file-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const place = { workflowId: 'wf', temporalRunId: 'tr', namespace: 'default', address: '127.0.0.1:7233', ui: null };
const dirOf = (id: string) => join(root, '.odw', 'runs', id);
const make = (id: string, startedMs: number, preview = false) => buildRunFile(makeInput(dirOf(id), { startedMs, preview }), place);
const latest = () => JSON.parse(readFileSync(join(root, '.odw', 'runs', 'latest.json'), 'utf8'));

describe('run.json', () => {
  it('FILE-01 FILE-02 records what shaped the run and where it lives', () => {
    const run = make('run-1', 100);
    expect(runFile.parse(run)).toEqual(run);
    expect(run).toMatchObject({
      run_id: 'run-1',
      action: 'exec',
      workflow: '/project/audit.js',
      status: 'running',
      started_ms: 100,
      finished_ms: null,
      session_id: null,
      events_path: join(dirOf('run-1'), 'events.jsonl'),
      debug_file: join(dirOf('run-1'), 'script-debug.log'),
      backend: 'pandacode',
      effort: 'low',
      timeout: null,
      concurrency: 16,
      script_sha256: 'a'.repeat(64),
      input_sha256: 'b'.repeat(64),
      workflow_id: 'wf',
      temporal_run_id: 'tr',
      namespace: 'default',
      resumed_from: null,
      preview: false,
    });
    writeRunFile(run);
    expect(readRunFile(join(dirOf('run-1'), 'run.json'))).toEqual(run);
    expect(readdirSync(dirOf('run-1'))).toEqual(['run.json']);
  });

  it('FILE-03 latest.json is a copy of the newest run.json and follows its changes', () => {
    writeRunFile(make('run-1', 100));
    expect(latest()).toEqual(make('run-1', 100));
    const changed = updateRunFile(dirOf('run-1'), { status: 'completed', finished_ms: 150 });
    expect(changed).toMatchObject({ status: 'completed', finished_ms: 150 });
    expect(latest()).toEqual(changed);
  });

  it('RES-12 latest is the newest by start time, also when an older run ends later', () => {
    writeRunFile(make('old', 100));
    writeRunFile(make('new', 200));
    updateRunFile(dirOf('old'), { status: 'failed' });
    expect(latest().run_id).toBe('new');
    writeRunFile(make('other', 200));
    expect(latest().run_id).toBe('other');
    writeRunFile(make('another', 200));
    expect(latest().run_id).toBe('other');
  });

  it('RES-12 a preview never becomes latest', () => {
    writeRunFile(make('preview', 300, true));
    expect(existsSync(join(root, '.odw', 'runs', 'latest.json'))).toBe(false);
    writeRunFile(make('real', 100));
    updateRunFile(dirOf('preview'), { status: 'completed' });
    expect(latest().run_id).toBe('real');
  });

  it('RES-12 a broken latest.json is replaced', () => {
    writeRunFile(make('run-1', 100));
    writeFileSync(join(root, '.odw', 'runs', 'latest.json'), '{"run_id":');
    updateRunFile(dirOf('run-1'), {});
    expect(latest().run_id).toBe('run-1');
  });

  it('RES-12 runs that write at the same time cannot corrupt the pointer', async () => {
    const child = join(root, 'child.mjs');
    const contents = `
      import { buildRunFile, writeRunFile, updateRunFile } from './activities/journal/run-file.ts';
      import { makeInput } from './test/support/journal.ts';
      const [dir, startedMs] = process.argv.slice(2);
      writeRunFile(buildRunFile(makeInput(dir, { startedMs: Number(startedMs) }), ${JSON.stringify(place)}));
      for (let i = 0; i < 20; i++) updateRunFile(dir, { finished_ms: i });
    `;
    await build({
      stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
      outfile: child,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    await Promise.all([500, 400, 300, 200].map((started) => promisify(execFile)(process.execPath, [child, dirOf(`run-${started}`), String(started)])));
    expect(latest()).toMatchObject({ run_id: 'run-500', finished_ms: 19 });
    expect(readdirSync(join(root, '.odw', 'runs')).sort()).toEqual(['latest.json', 'run-200', 'run-300', 'run-400', 'run-500']);
  });

  it('names the file that cannot be read or is something else', () => {
    expect(() => readRunFile(join(root, 'run.json'))).toThrow(`read ${join(root, 'run.json')}`);
    writeFileSync(join(root, 'run.json'), '[1]');
    expect(() => readRunFile(join(root, 'run.json'))).toThrow(/not a run file/);
  });
});
