import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const own = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let dist: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odw start #1 100% '));
  dist = join(folder, 'dist');
  mkdirSync(join(dist, 'cli'), { recursive: true });
  for (const name of readdirSync(join(own, 'dist'))) if (/^odw\./.test(name)) cpSync(join(own, 'dist', name), join(dist, name), { preserveTimestamps: true });
  cpSync(join(own, 'dist/cli/odw.js'), join(dist, 'cli/odw.js'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of readdirSync(dist)) if (name.endsWith('.code')) rmSync(join(dist, name));
  // As the build does, by the Node that runs the test.
  execFileSync(process.execPath, [join(dist, 'cli/odw.js'), 'runs', 'list'], { cwd: folder, env: { ...process.env, ODW_MAKE_CODE: '1' } });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const codeFile = () => join(dist, readdirSync(dist).find((name) => name.endsWith('.code')) as string);
const help = () => execFileSync(process.execPath, [join(dist, 'cli/odw.js'), '--help'], { encoding: 'utf8' });

/** Changes a word of the program, and leaves its length. */
function patch(): void {
  const file = join(dist, 'odw.cjs');
  const text = readFileSync(file, 'latin1');
  const patched = text.replaceAll('Durable workflows whose steps', 'Patched workflows whose steps');
  expect(patched).not.toBe(text);
  writeFileSync(file, patched, 'latin1');
}

describe('the built odw', () => {
  it('starts from a folder with blanks and other signs in its name, and through a link', () => {
    expect(help()).toContain('Durable workflows whose steps');
    symlinkSync(join(dist, 'cli/odw.js'), join(folder, 'odw'));
    expect(execFileSync(process.execPath, [join(folder, 'odw'), '--version'], { encoding: 'utf8' })).toMatch(/^odw \d/);
  });

  it('starts without the code that was made of it', () => {
    rmSync(codeFile());
    expect(help()).toContain('Durable workflows whose steps');
  });

  it.each([0, 5000, -3])('starts with its own text when the code is damaged (byte %i)', (at) => {
    const code = readFileSync(codeFile());
    const place = at < 0 ? code.length + at : at;
    code[place] = code[place]! ^ 0xff;
    writeFileSync(codeFile(), code);
    expect(help()).toContain('Durable workflows whose steps');
    writeFileSync(codeFile(), code.subarray(0, 1000));
    expect(help()).toContain('Durable workflows whose steps');
  });

  it('goes by its text when that was changed by hand, though the code of before fits its length', () => {
    patch();
    expect(help()).toContain('Patched workflows whose steps');
  });

  it('takes the code that was made: with the times of before, the same change is not seen', () => {
    const file = join(dist, 'odw.cjs');
    const at = new Date(Date.now() - 60_000);
    patch();
    utimesSync(file, at, at);
    expect(help()).toContain('Durable workflows whose steps');
  });

  it('says so, and fails, when a command ends without having come to its end', () => {
    const file = join(dist, 'odw.cjs');
    const text = readFileSync(file, 'latin1');
    const broken = text.replace('await program2.parseAsync()', 'await new Promise(()=>{})');
    expect(broken).not.toBe(text);
    writeFileSync(file, broken, 'latin1');
    const { status, stderr } = spawnSync(process.execPath, [join(dist, 'cli/odw.js'), '--version'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([13, expect.stringContaining('ended before its command did')]);
  });
});
