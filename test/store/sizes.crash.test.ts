import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const KB = 1024;
// Repeats its prompt file, and counts its starts.
const executor = `#!/bin/sh
echo start >> "$PWD/starts"
f=$(echo "$*" | sed 's/.*--task-file \\([^ ]*\\).*/\\1/')
cat "$f"
`;
// Multi-byte text in blocks of an odd length, so that a lost or doubled piece shows. Made and compared in the script.
const script = `let block = '';
for (let n = 0; block.length < 5003; n++) block += n.toString(36) + 'ä ';
const make = (size) => block.repeat(Math.ceil(size / block.length)).slice(0, size - 1) + '.';
const sizes = args.sizes;
const answers = [];
for (const size of sizes) answers.push(await agent(make(size), { label: 'size-' + size }));
return answers.map((answer, n) => ({ size: sizes[n], length: answer.length, exact: answer === make(sizes[n]) }));`;
const files = ['events.jsonl', 'state.json', 'run.json', 'script.js', 'input.raw'];
const digests = (dir: string) =>
  Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(dir, name)))
        .digest('hex'),
    ]),
  );

describe('prompts and results of every size', { timeout: 300_000 }, () => {
  it.each([
    ['1 to 33 KiB', [KB, 32 * KB, 33 * KB]],
    ['1 and 5 MiB', [KB * KB, 5 * KB * KB]],
  ])('PROC-07 ART-01 of %s come back exactly from an executor, keep history small, and a rebuild gives the same bytes', async (_name, sizes) => {
    project = new Project({ 'a.js': script, executor });
    chmodSync(join(project.dir, 'executor'), 0o755);
    const flags = ['--backend', 'pandacode', '--pandacode-bin', './executor', '--no-report', '--no-lint', '--input', JSON.stringify({ sizes })];
    const { code, runId, stderr } = await project.odw(['exec', '--script', 'a.js', ...flags]);
    expect([code, stderr]).toEqual([0, '']);
    const id = runId as string;
    expect(project.state(id).result).toEqual(sizes.map((size) => ({ size, length: size, exact: true })));
    expect(readFileSync(join(project.dir, 'starts'), 'utf8')).toBe('start\n'.repeat(sizes.length));
    const history = readFileSync(join(project.runDir(id), 'history.json'));
    // What is no larger than the threshold stands in history, twice in base64: asked and answered.
    expect(history.length).toBeLessThan(400 * KB);

    const before = digests(project.runDir(id));
    rmSync(project.runDir(id), { recursive: true });
    expect(await project.odw(['runs', 'rebuild', id])).toMatchObject({ code: 0, stderr: '' });
    expect(digests(project.runDir(id))).toEqual(before);
    expect(existsSync(join(project.dir, 'starts'))).toBe(true);
    writeFileSync(join(project.dir, 'starts'), '');
    // And a new run takes all of it over.
    expect((await project.odw(['exec', '--resume', id, '--no-report'])).code).toBe(0);
    expect(readFileSync(join(project.dir, 'starts'), 'utf8')).toBe('');
  });

  it('PROC-07 an answer of 20 MiB comes back whole, and a rebuild gives the same bytes', async () => {
    const size = 20 * KB * KB;
    project = new Project({
      'a.js': `const text = await agent('much'); return { length: text.length, exact: text === 'x'.repeat(${size}) };`,
      executor: `#!/bin/sh\nhead -c ${size} /dev/zero | tr '\\0' x\n`,
    });
    chmodSync(join(project.dir, 'executor'), 0o755);
    const { code, runId, stderr } = await project.odw(['exec', '--script', 'a.js', '--backend', 'pandacode', '--pandacode-bin', './executor', '--no-report']);
    expect([code, stderr]).toEqual([0, '']);
    const id = runId as string;
    expect(project.state(id).result).toEqual({ length: size, exact: true });
    expect(readFileSync(join(project.runDir(id), 'history.json')).length).toBeLessThan(100 * KB);
    const before = digests(project.runDir(id));
    rmSync(project.runDir(id), { recursive: true });
    expect(await project.odw(['runs', 'rebuild', id])).toMatchObject({ code: 0, stderr: '' });
    expect(digests(project.runDir(id))).toEqual(before);
  });

  it('PROC-07 an answer over the maximum fails its node alone, by name; it is asked once, and the run goes on', async () => {
    project = new Project({
      'a.js': `const much = await agent('much', { label: 'much' }); const next = await agent('next', { label: 'next', runtime: 'codex' });
        return { message: much.error.message, next: next.length };`,
      executor: `#!/bin/sh\necho start >>starts\n[ "$1" = codex ] && { echo small; exit; }\nhead -c 4000000 /dev/zero | tr '\\0' x\n`,
    });
    chmodSync(join(project.dir, 'executor'), 0o755);
    const flags = ['--backend', 'pandacode', '--pandacode-bin', './executor', '--no-report'];
    const { code, runId } = await project.odw(['exec', '--script', 'a.js', ...flags], { ODW_MAX_PAYLOAD: '3000000' });
    expect(code).toBe(0);
    expect(project.state(runId as string).result).toMatchObject({
      message: expect.stringMatching(/4\d{6} bytes, more than the maximum of 3000000 \(ODW_MAX_PAYLOAD\)/) as string,
      next: 5,
    });
    expect(readFileSync(join(project.dir, 'starts'), 'utf8')).toBe('start\nstart\n');
  });
});
