import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerReport, type PreviewOptions } from '../../cli/commands/report.ts';
import { runCommand } from '../support/run-command.ts';
import { makeRunFolder } from '../support/run-folders.ts';
import { RunStory } from '../support/run-story.ts';

let root: string;
let asked: PreviewOptions[];
let preview: (options: PreviewOptions) => Promise<{ runDir: string; runId: string }>;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-report-cli-')));
  asked = [];
  preview = async (options) => {
    asked.push(options);
    return { runId: 'preview', runDir: await makeRunFolder(root, 'preview', { run: { preview: true }, exit: { status: 'failed', code: 1 } }) };
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const odw = (...argv: string[]) =>
  runCommand((program) => registerReport(program, { previewRun: (options) => preview(options) }), ['report', ...argv, '--path', root]);
const exit = { status: 'completed', code: 0 } as const;
const events = (input: ConstructorParameters<typeof RunStory>[0]) =>
  new RunStory(input)
    .node({ label: 'alpha', phase: '', prompt: 'alpha task', runtime: 'codex', model: 'gpt-5-codex', startMs: input.startedMs, tookMs: 10 })
    .events();

describe('odw report', () => {
  it('CLI-17 renders the latest run and prints the path alone', async () => {
    const dir = await makeRunFolder(root, 'run-1', { exit, events });
    const result = await odw();
    expect(result).toEqual({ code: 0, stdout: `${join(dir, 'report.html')}\n`, stderr: '' });
    const html = readFileSync(join(dir, 'report.html'), 'utf8');
    for (const literal of ['flowchart TB', 'config (from code)', '"runtime":"codex"', '"model":"gpt-5-codex"', '"prompt":"alpha task"'])
      expect(html).toContain(literal);
    expect(readdirSync(dir).sort()).toEqual(['events.jsonl', 'report.html', 'run.json', 'state.json']);
  });

  it('CLI-17 --run and --out', async () => {
    await makeRunFolder(root, 'run-1', { exit, events });
    await makeRunFolder(root, 'run-2', { startedMs: 5000, exit });
    const out = join(root, 'deep', 'page.html');
    expect((await odw('--run', 'run-1', '--out', out, '--node-bin', 'node18')).stdout).toBe(`${out}\n`);
    expect(readFileSync(out, 'utf8')).toContain('alpha task');
  });

  it('CLI-18 --script makes a mock run and renders it, whatever its outcome', async () => {
    const result = await odw('--script', 'audit.js', '--input', '{"a":1}');
    expect(asked).toEqual([{ path: root, script: 'audit.js', input: '{"a":1}' }]);
    expect(result).toMatchObject({ code: 0, stdout: `${join(root, '.odw', 'runs', 'preview', 'report.html')}\n` });
    expect(readdirSync(join(root, '.odw', 'runs'))).toEqual(['preview']);
  });

  it('CLI-18 a mock run that cannot be started', async () => {
    preview = () => Promise.reject(new Error('no engine'));
    expect(await odw('--script', 'audit.js')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('Error: mock run produced no run_id: no engine'),
    });
  });

  it('CLI-02 --run and --script exclude each other', async () => {
    expect((await odw('--script', 'a.js', '--run', 'x')).code).toBe(2);
  });

  it('CLI-19 no journal', async () => {
    const dir = join(root, '.odw', 'runs', 'empty');
    mkdirSync(dir, { recursive: true });
    expect(await odw('--run', 'empty')).toMatchObject({ code: 1, stderr: expect.stringContaining(`Error: no events.jsonl in ${dir} — nothing to graph`) });
  });

  it('CLI-19 what cannot be rendered', async () => {
    const dir = await makeRunFolder(root, 'run-1', { exit });
    writeFileSync(join(dir, 'run.json'), 'garbage');
    expect(await odw('--run', 'run-1')).toMatchObject({ code: 1, stderr: expect.stringContaining('Error: report generator failed: ') });
  });
});
