import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
afterEach(() => {
  delete process.env['PANDACODE_CLAUDE_BIN'];
  project.remove();
});

const KB = 1024;
// Stands in for the vendor's program under the real pandacode: answers with its task, and writes it into a file of its workspace.
const claude = `#!/usr/bin/env node
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
if (process.argv.includes('--version')) { console.log('2.1.0 (Claude Code)'); process.exit(0); }
const given = readFileSync(0, 'utf8');
const reference = /Read all of it from the file (\\S+) and carry it out/.exec(given);
const all = reference ? readFileSync(reference[1], 'utf8') : given;
const task = all.slice(all.indexOf('BEGIN'), all.lastIndexOf('END') + 3);
appendFileSync(new URL('../starts', import.meta.url), 'start\\n');
writeFileSync('answer.txt', task);
const lines = [
  { type: 'system', subtype: 'init', session_id: 's-1', model: 'm' },
  { type: 'result', subtype: 'success', is_error: false, result: task, session_id: 's-1', usage: { input_tokens: 1, output_tokens: 2 } },
];
for (const line of lines) writeFileSync(1, JSON.stringify(line) + '\\n');
`;
// Multi-byte text in blocks of an odd length, so that a lost or doubled piece shows. Made and compared in the script.
const script = `let block = '';
for (let n = 0; block.length < 5003; n++) block += n.toString(36) + 'ä ';
const make = (size) => 'BEGIN' + block.repeat(Math.ceil(size / block.length)).slice(0, size - 8) + 'END';
const answers = [];
for (const size of args.sizes) {
  const prompt = make(size);
  const { text, worktree } = await agent(prompt, { label: 'size-' + size, isolation: 'worktree' });
  answers.push({ size, exact: text === prompt, files: worktree.files.join(), patch: worktree.diffFile });
}
return answers;`;
const files = ['events.jsonl', 'state.json', 'run.json', 'script.js', 'input.raw'];
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const digests = (dir: string) => Object.fromEntries(files.map((name) => [name, sha256(join(dir, name))]));

describe('prompts and answers of every size through pandacode', { timeout: 600_000 }, () => {
  it.each([
    ['1 KiB and 1 MiB', [KB, KB * KB]],
    ['5 MiB', [5 * KB * KB]],
    ['20 MiB', [20 * KB * KB]],
  ])('PROC-07 WT-05 of %s: answer, patch and report are whole, a rebuild gives the same bytes, and a resume pays nothing', async (_name, sizes) => {
    project = new Project({ 'a.js': script, 'bin/claude.mjs': claude, '.gitignore': '.odw\n.pandacode\nstarts\n' });
    chmodSync(join(project.dir, 'bin/claude.mjs'), 0o755);
    project.git();
    process.env['PANDACODE_CLAUDE_BIN'] = join(project.dir, 'bin/claude.mjs');
    const starts = () => readFileSync(join(project.dir, 'starts'), 'utf8').split('\n').length - 1;

    const flags = ['--backend', 'pandacode', '--no-lint', '--input', JSON.stringify({ sizes })];
    const { code, runId, stderr } = await project.odw(['exec', '--script', 'a.js', ...flags]);
    expect([code, stderr]).toEqual([0, '']);
    const dir = project.runDir(runId as string);
    const result = project.state(runId as string).result as { size: number; exact: boolean; files: string; patch: string }[];
    expect(result.map(({ size, exact, files: changed }) => [size, exact, changed])).toEqual(sizes.map((size) => [size, true, 'answer.txt']));
    for (const { size, patch } of result) {
      execFileSync('git', ['apply', '--whitespace=nowarn', join(dir, patch)], { cwd: project.dir });
      const applied = readFileSync(join(project.dir, 'answer.txt'), 'utf8');
      expect([applied.length, applied.startsWith('BEGIN'), applied.endsWith('END')]).toEqual([size, true, true]);
      rmSync(join(project.dir, 'answer.txt'));
    }
    expect(starts()).toBe(sizes.length);
    expect(statSync(join(dir, 'history.json')).size).toBeLessThan(400 * KB);
    expect(existsSync(join(dir, 'report.html'))).toBe(true);

    const before = digests(dir);
    rmSync(dir, { recursive: true });
    expect(await project.odw(['runs', 'rebuild', runId as string])).toMatchObject({ code: 0, stderr: '' });
    expect(digests(dir)).toEqual(before);
    const resumed = await project.odw(['exec', '--resume', runId as string, '--no-report']);
    expect([resumed.code, starts()]).toEqual([0, sizes.length]);
    expect(project.state(resumed.runId as string).result).toEqual(result);
  });
});
