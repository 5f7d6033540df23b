import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerControl } from '../../cli/commands/control.ts';
import { registerLint } from '../../cli/commands/lint.ts';
import { registerRuns } from '../../cli/commands/runs.ts';
import { registerSkills } from '../../cli/commands/skills.ts';
import { ExecOutput } from '../../cli/exec/output.ts';
import { printError } from '../../cli/print-error.ts';
import { printText as pandacodePrints } from '../../pandacode/report/print.ts';
import type { RunInput } from '../../schemas/run-input.ts';
import { OdwError } from '../../src/errors/error.ts';
import { escapeControls } from '../../src/escape-controls.ts';
import { runCommand } from '../support/run-command.ts';
import { makeRunFolder } from '../support/run-folders.ts';
import { RunStory } from '../support/run-story.ts';

/** Sets the title of a terminal, goes up a line, clears it; and the same in the one-character form of C1. */
const hostile = '\x1b]0;owned\x07\x1b[1A\x1b[2K\x9b2J\x9d0;owned\x9c\x7f\bdone';
const shown = '\\x1b]0;owned\\x07\\x1b[1A\\x1b[2K\\x9b2J\\x9d0;owned\\x9c\\x7f\\x08done';
const raw = /[\0-\x08\v-\x1f\x7f-\x9f]/;

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-terminal-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const run = (register: (program: Command) => void, ...argv: string[]) => runCommand(register, [...argv, '--path', root]);
const story = (input: RunInput) =>
  new RunStory(input)
    .node({ label: `done ${hostile}`, phase: `P ${hostile}`, prompt: 'x', startMs: 1000, tookMs: 1, result: hostile })
    .node({ label: `bad ${hostile}`, phase: `P ${hostile}`, prompt: hostile, startMs: 1001, tookMs: 1, fails: 'quota' })
    .at(1003, 'log', { message: hostile })
    .at(1004, 'workflow_error', { message: hostile })
    .events();
const failed = { events: story, exit: { status: 'failed', code: 1 } } as const;

/** What a command prints while `print` runs. */
async function printed(print: () => unknown): Promise<{ stdout: string; stderr: string }> {
  return runCommand((program) => void program.command('x').action(async () => void (await print())), ['x']);
}

describe('text of models and scripts on a terminal', () => {
  it('CLI-25 shows C0 and C1 controls as text; line ends and tabs stay', () => {
    expect(escapeControls(hostile)).toBe(shown);
    expect(escapeControls('a\tb\nc\r\nd é 漢 😀 \u00a0')).toBe('a\tb\nc\r\nd é 漢 😀 \u00a0');
    expect(escapeControls('\r\r\n\0')).toBe('\\x0d\r\n\\x00');
  });

  it.each<[string, (program: Command) => void, string[]]>([
    ['runs show', registerRuns, ['runs', 'show']],
    ['runs cost', registerRuns, ['runs', 'cost']],
    ['status', registerControl, ['status']],
  ])('CLI-25 odw %s cannot be made to steer the terminal, and its JSON is what was written', async (_name, register, command) => {
    await makeRunFolder(root, 'run-1', failed);
    const text = (await run(register, ...command)).stdout;
    expect(text).toContain('run-1');
    expect(text).not.toMatch(raw);
    const json = (await run(register, ...command, '--json')).stdout;
    expect(JSON.stringify(JSON.parse(json))).toContain(JSON.stringify(`bad ${hostile}`).slice(1, -1));
  });

  it('CLI-25 odw runs show escapes failure, labels and events', async () => {
    await makeRunFolder(root, 'run-1', failed);
    const { stdout } = await run(registerRuns, 'runs', 'show');
    expect(stdout).toContain(`\nFailure: ${shown}\n`);
    expect(stdout).toContain(`  - P ${shown} / bad ${shown} / - `);
    expect(stdout).toContain(`  - [log] ${shown}\n`);
  });

  it('CLI-25 odw runs watch escapes the lines and passes the records on as they are', async () => {
    await makeRunFolder(root, 'run-1', failed);
    const text = await run(registerRuns, 'runs', 'watch');
    expect(text.stdout + text.stderr).toContain(shown);
    expect(text.stdout + text.stderr).not.toMatch(raw);
    const records = (await run(registerRuns, 'runs', 'watch', '--json')).stdout.trim().split('\n');
    expect(records.map((line) => JSON.parse(line) as { raw?: { message?: string } }).some((record) => record.raw?.message === hostile)).toBe(true);
  });

  it('CLI-25 odw exec escapes journal lines and notices; its JSON stays', async () => {
    const tell = (flags: { json?: boolean }) =>
      printed(() => {
        const output = new ExecOutput(flags);
        output.line(hostile);
        output.event(hostile, 'stdout');
        output.notice(hostile);
        output.failure(null, { category: 'x', message: hostile }, () =>
          printError(new OdwError('command-refused', hostile, { cause: new Error(`why ${hostile}`) })),
        );
      });
    const people = await tell({});
    expect(people.stdout).toBe(`${shown}\n${shown}\n`);
    expect(people.stderr).toContain(`[odw] ${shown}\nError: ${shown}\nCaused by:\n  why ${shown}\n`);
    const programs = await tell({ json: true });
    expect(programs).toMatchObject({ stdout: `${JSON.stringify({ ok: false, run_id: null, error: { category: 'x', message: hostile } })}\n`, stderr: '' });
  });

  it('CLI-25 odw skills and odw lint escape what a project holds', async () => {
    mkdirSync(join(root, '.odw', 'skills'), { recursive: true });
    writeFileSync(join(root, '.odw', 'skills', 'mine.md'), `${hostile}\r\nline two\r\n`);
    expect((await run(registerSkills, 'skills', 'show', 'mine')).stdout).toContain(shown);
    expect((await run(registerSkills, 'skills', 'list')).stdout).not.toMatch(raw);
    expect(JSON.parse((await run(registerSkills, 'skills', 'show', 'mine', '--json')).stdout)).toMatchObject({ text: expect.stringContaining(hostile) });
    writeFileSync(join(root, 'a.js'), `require('${'\x9b'}2J'); // ${'\x9b'}2J\n`);
    const { stdout } = await run(registerLint, 'lint', join(root, 'a.js'));
    expect(stdout).toContain('\\x9b2J');
    expect(stdout).not.toMatch(raw);
  });

  it('CLI-25 pandacode escapes the lines of its logs', async () => {
    expect((await printed(() => void pandacodePrints(`${hostile}\n`))).stdout).toBe(`${shown}\n`);
  });
});
