import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { readStandardInput } from '../../cli/exec/standard-input.ts';
import { Project } from '../support/odw.ts';
import { runCommand } from '../support/run-command.ts';

const odw = fileURLToPath(new URL('../../dist/cli/odw.js', import.meta.url));

let project: Project;
afterEach(() => project.remove());

/** Runs `odw exec --input-file -` with this on its standard input, or with that closed. */
function piped(input: string | Buffer | undefined, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [odw, 'exec', '--script', 'a.js', '--input-file', '-', ...args], { cwd: project.dir });
  const end = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (end.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (end.stderr += text));
  // The command may end before it has read all.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...end })));
}

describe('odw exec --input-file -', () => {
  it('CLI-26 PROC-07 reads the input from standard input, over a megabyte of it, and records it', async () => {
    project = new Project({ 'a.js': 'return [input.text.length, input.text.slice(-3)]' });
    const input = JSON.stringify({ text: `${'ä'.repeat(700_000)}end` });
    const end = await piped(input, '--json-envelope');
    const { run_id, result } = JSON.parse(end.stdout) as { run_id: string; result: unknown };
    expect(result).toEqual([700_003, 'end']);
    expect(readFileSync(join(project.runDir(run_id), 'input.raw'), 'utf8')).toBe(input);
    const { command } = project.run(run_id);
    expect(command.slice(command.indexOf('--input-file'), command.indexOf('--input-file') + 2)).toEqual(['--input-file', '-']);
  });

  it('CLI-26 META-04 takes text, nothing, and no broken JSON', async () => {
    project = new Project({ 'a.js': 'return input' });
    expect(await piped('look at\nthis', '--json')).toMatchObject({ code: 0, stdout: '"look at\\nthis"\n' });
    expect(await piped(undefined, '--json')).toMatchObject({ code: 0, stdout: 'null\n' });
    const broken = await piped('{"a": ', '--dry-run');
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain('Error: the input from standard input looks like JSON but cannot be parsed');
  });

  it('CLI-26 at a terminal it says what is awaited; elsewhere it says nothing', async () => {
    project = new Project({ 'in.txt': 'typed' });
    const read = async (isTerminal: boolean) => {
      const descriptor = openSync(join(project.dir, 'in.txt'), 'r');
      let text = '';
      const { stderr } = await runCommand((program) => void program.command('x').action(() => void (text = readStandardInput(descriptor, isTerminal))), ['x']);
      closeSync(descriptor);
      return [text, stderr];
    };
    expect(await read(false)).toEqual(['typed', '']);
    expect(await read(true)).toEqual(['typed', expect.stringMatching(/^\[odw\] --input-file - reads the input from this terminal: .*Ctrl-D/)]);
  });
});
