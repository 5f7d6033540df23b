import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRunFolder } from '../support/run-folders.ts';

// Tells at the end how many modules of the engine's SDK the process has loaded.
const hook = `import{createRequire}from'node:module';process.on('exit',()=>process.stderr.write('SDK modules: '+Object.keys(createRequire('/x.js').cache).filter(p=>p.includes('@temporalio')).length))`;
const spy = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
const odw = join(process.cwd(), 'dist', 'cli', 'odw.js');
const node = (...args: string[]) => promisify(execFile)(process.execPath, [spy, ...args]);

let root: string;
beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-built-')));
  await makeRunFolder(root, 'run-1', { exit: { status: 'completed', code: 0 } });
});
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

describe('the built command', () => {
  it.each([
    ['runs list', ['runs', 'list'], '"run_id": "run-1"'],
    ['runs show', ['runs', 'show'], 'Run run-1 [completed]'],
    ['report', ['report'], 'report.html'],
  ])('PROC-04 odw %s reads the run folder without loading the engine', async (_name, command, said) => {
    const { stdout, stderr } = await node(odw, ...command, '--path', root);
    expect(stdout).toContain(said);
    expect(stderr).toBe('SDK modules: 0');
  });

  it('the counter counts', async () => {
    const { stderr } = await node('--input-type=module', '-e', "await import('@temporalio/common')");
    expect(Number(/SDK modules: (\d+)/.exec(stderr)?.[1])).toBeGreaterThan(0);
  });
});
