import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashInputs, type HashInputsOptions } from '../../activities/inputs/hash-inputs.ts';

let root: string;
const write = (path: string, text = path) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const link = (path: string, target: string) => symlinkSync(target, join(root, path));
const hash = (patterns: string[], options?: HashInputsOptions) => hashInputs({ root, patterns }, options);
const shaOf = async (...patterns: string[]) => {
  const found = await hash(patterns);
  if (!found.ok) throw new Error(found.message);
  return found.sha256;
};
const countOf = async (...patterns: string[]) => {
  const found = await hash(patterns);
  if (!found.ok) throw new Error(found.message);
  return found.files;
};
const refusal = async (patterns: string[], options?: HashInputsOptions) => {
  const found = await hash(patterns, options);
  return found.ok ? found : found.message;
};

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-inputs-')));
  for (const path of ['SPEC.md', 'notes.md', 'src/a.ts', 'src/a.test.ts', 'src/deep/er/b.ts', 'src/.hidden', 'data/one.csv']) write(path);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the files that a node names', () => {
  it('EXPL-02 count with their names and contents, and with nothing else', async () => {
    const before = await shaOf('SPEC.md', 'src/**');
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    utimesSync(join(root, 'SPEC.md'), 1, 1);
    expect(await shaOf('src/**', 'SPEC.md')).toBe(before);
    expect(await shaOf('./SPEC.md', 'SPEC.md', 'src')).toBe(before);
    write('SPEC.md', 'another');
    const changed = await shaOf('SPEC.md', 'src/**');
    expect(changed).not.toBe(before);
    write('SPEC.md', 'SPEC.md');
    expect(await shaOf('SPEC.md', 'src/**')).toBe(before);
    write('src/new.ts');
    expect(await shaOf('SPEC.md', 'src/**')).not.toBe(before);
    rmSync(join(root, 'src/new.ts'));
    expect(await shaOf('SPEC.md', 'src/**')).toBe(before);
    // What one file has lost the other has won.
    write('notes.md', 'x');
    write('SPEC.md', 'yz');
    const split = await shaOf('*.md');
    write('notes.md', 'xy');
    write('SPEC.md', 'z');
    expect(await shaOf('*.md')).not.toBe(split);
  });

  it.each([
    [['*.md'], 2],
    [['**'], 7],
    [['.'], 7],
    [['src/**'], 4],
    [['src/'], 4],
    [['src/*'], 3],
    [['src/*.ts'], 2],
    [['src/**/*.ts'], 3],
    [['**/*.ts'], 3],
    [['**/deep/**'], 1],
    [['**/deep'], 1],
    [['**/er/b.ts'], 1],
    [['src/**/**/b.ts'], 1],
    [['{SPEC,notes}.md', 'data/{one,two}.{csv,tsv}'], 3],
    [['src/?.ts'], 1],
    [['src/[ab].ts'], 1],
    [['src/[!b].ts'], 1],
    [['src/[a-b].ts'], 1],
    [['src/[z-a].ts'], 0],
    [['src/[^].ts', 'src/[]].ts', 'src/[a-b-].ts', 'src/a.ts'], 1],
    [['src/**', '!**/*.test.ts'], 3],
    [['!src/deep/**', 'src'], 3],
    [['**', '!src', '!*.md'], 1],
    [[], 0],
  ])('%j name %d', async (patterns, files) => {
    // An alternative that is not there is refused as any path is.
    write('data/two.csv');
    write('data/one.tsv');
    write('data/two.tsv');
    const more = patterns.includes('data/{one,two}.{csv,tsv}') ? 3 : ['**', '.'].includes(patterns[0] ?? '') ? 3 : 0;
    expect(await countOf(...patterns)).toBe(files + more);
  });

  it('a name that stands there as written is no glob, and an absolute path inside is a path', async () => {
    write('app/[id]/page.tsx');
    write('app/i/page.tsx');
    write('odd {name,s}*.txt');
    expect(await countOf('app/[id]/page.tsx')).toBe(1);
    expect(await shaOf('app/[id]/page.tsx')).not.toBe(await shaOf('app/i/page.tsx'));
    expect(await shaOf(join(root, 'SPEC.md'))).toBe(await shaOf('SPEC.md'));
    expect(await countOf(`${root}/src/**`)).toBe(4);
  });

  it('wildcards pass by what git, odw and package managers keep; names do not', async () => {
    for (const path of ['.git/HEAD', '.odw/runs/x/run.json', 'node_modules/m/index.js', 'src/node_modules/n.js', '.github/ci.yml']) write(path);
    expect(await countOf('**')).toBe(8);
    expect(await countOf('*/HEAD', '**/index.js')).toBe(0);
    expect(await countOf('node_modules/**', '.git/HEAD')).toBe(2);
  });

  it('says which globs match nothing', async () => {
    expect(await hash(['SPEC.md', 'lib/**', '*.rs'])).toMatchObject({ ok: true, files: 1, empty: ['lib/**', '*.rs'] });
    mkdirSync(join(root, 'empty'));
    expect(await hash(['empty', 'empty/**'])).toMatchObject({ ok: true, files: 0, empty: ['empty/**'] });
  });
});

describe('symbolic links', () => {
  it('EXPL-02 to files count with what is behind them, those to folders with where they lead', async () => {
    link('linked.md', 'SPEC.md');
    link('src/folder', '../data');
    link('src/up', '..');
    const before = await shaOf('linked.md');
    const tree = await shaOf('src/**');
    expect(await countOf('src/**')).toBe(6);
    write('SPEC.md', 'another');
    expect(await shaOf('linked.md')).not.toBe(before);
    write('data/one.csv', 'another');
    expect(await shaOf('src/**')).toBe(tree);
    rmSync(join(root, 'src/folder'));
    link('src/folder', '../other');
    expect(await shaOf('src/**')).not.toBe(tree);
    // A folder behind a link is entered when the author names it.
    link('alias', 'data');
    expect([await countOf('alias'), await countOf('alias/*.csv')]).toEqual([1, 1]);
  });

  it('EXPL-02 loops end, and what leads out of the project is not read', async () => {
    link('src/self', 'self');
    link('src/round', '../src');
    link('out.txt', '/etc/hostname');
    link('gone.md', 'nowhere');
    expect(await countOf('src/**')).toBe(6);
    expect(await countOf('src/round')).toBe(6);
    expect(await refusal(['src/self'])).toContain('src/self is a symbolic link that leads in a circle');
    expect(await refusal(['gone.md'])).toContain('gone.md is a symbolic link that leads to nothing');
    expect(await refusal(['out.txt'])).toContain('out.txt is a symbolic link that leads out of the project, to /etc/hostname');
    expect(await countOf('*.txt')).toBe(1);
  });
});

describe('what cannot be hashed', () => {
  it.each([
    [['missing.md'], '"missing.md" is not there'],
    [['src/a.ts/x'], '"src/a.ts/x" is not there'],
    [['../secret'], '"../secret" lies outside of the project'],
    [['src/../../x'], 'lies outside of the project'],
    [['{../secret,src}'], 'lies outside of the project'],
    [['src/{a,..}/../../x'], 'lies outside of the project'],
    [['/etc/passwd'], '"/etc/passwd" lies outside of the project'],
    [['!/etc/**', 'src'], 'lies outside of the project'],
    [[''], '"" lies outside of the project'],
    [['a\0b'], 'is no path or glob'],
    [['{a,b}'.repeat(12)], 'its braces come to more than 1000'],
    [['!src'], 'all patterns begin with "!"'],
  ])('EXPL-02 %j is refused, and says why', async (patterns, message) => {
    expect(await refusal(patterns)).toContain(message);
  });

  it('a pipe is no file: nobody waits for its writer', async () => {
    execFileSync('mkfifo', [join(root, 'src/pipe')]);
    expect(await refusal(['src/pipe'])).toContain('src/pipe is neither a file nor a folder');
    expect(await countOf('src/**')).toBe(4);
  });

  it('EXPL-02 too many files, too many bytes and too long a time are refused', async () => {
    expect(await refusal(['**'], { maxFiles: 6 })).toContain('more than 6 files with "**"');
    expect(await countOf('**', '!src/**')).toBe(3);
    write('big');
    truncateSync(join(root, 'big'), 3 * 1024 ** 2);
    expect(await refusal(['big'], { maxBytes: 2 * 1024 ** 2 })).toContain('more than 2 MiB together');
    truncateSync(join(root, 'big'), 8 * 1024 ** 3);
    expect(await refusal(['big'], { maxBytes: 100 * 1024 ** 3, limitMs: 50 })).toContain('took longer than 0.05 s');
  });

  it('a folder that is not there is an answer, too', async () => {
    expect(await hashInputs({ root: join(root, 'nowhere'), patterns: ['x'] })).toMatchObject({
      ok: false,
      message: expect.stringContaining('ENOENT') as string,
    });
    appendFileSync(join(root, 'SPEC.md'), '');
    expect(await countOf('SPEC.md')).toBe(1);
  });
});
