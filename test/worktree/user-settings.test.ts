import { appendFileSync, chmodSync, existsSync, readFileSync, readdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDirty } from '../../activities/worktree/dirty.ts';
import { removeWorktree } from '../../activities/worktree/remove.ts';
import { Bench, listing, run, temporaryFolder, write } from './support.ts';

/** Settings of a user who has changed everything that could change a capture. */
const hostile = (folder: string) => `
[core]
  hooksPath = ${folder}/hooks
  attributesFile = ${folder}/attributes
  autocrlf = true
  safecrlf = true
  eol = crlf
  quotePath = true
  fsmonitor = ${folder}/hooks/fsmonitor
  untrackedCache = true
  splitIndex = true
  fileMode = false
  symlinks = false
  ignoreStat = true
  checkStat = minimal
  bigFileThreshold = 1
  logAllRefUpdates = false
  pager = false
[color]
  ui = always
  diff = always
[diff]
  external = ${folder}/hooks/loud
  noprefix = true
  mnemonicPrefix = true
  orderFile = ${folder}/order
  renames = copies
  renameLimit = 1
  context = 0
  interHunkContext = 50
  algorithm = patience
  submodule = log
  ignoreSubmodules = all
  suppressBlankEmpty = true
  relative = true
  wsErrorHighlight = all
[commit]
  gpgSign = true
[gpg]
  program = ${folder}/hooks/loud
[log]
  showSignature = true
[submodule]
  recurse = true
[status]
  showUntrackedFiles = no
  short = true
  branch = true
[apply]
  whitespace = error-all
[init]
  templateDir = ${folder}/template
[i18n]
  logOutputEncoding = ISO-8859-1
[add]
  ignoreErrors = true
[format]
  pretty = fuller
[advice]
  addEmbeddedRepo = false
[index]
  version = 4
[feature]
  manyFiles = true
`;

let saved: NodeJS.ProcessEnv;
beforeEach(() => {
  saved = { ...process.env };
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
  Object.assign(process.env, saved);
});

function work(dir: string): void {
  write(dir, { 'a.txt': 'one\n2\nthree  \n', 'crlf.txt': 'a\r\nb\r\n', 'größe.txt': 'x\n', 'empty.txt': '\n\n' });
  chmodSync(join(dir, 'run.sh'), 0o755);
  unlinkSync(join(dir, 'old.txt'));
  symlinkSync('a.txt', join(dir, 'link'));
}

/** A bench whose commits carry fixed dates, so that two of them have the same object names. */
function fixedBench(): Bench {
  process.env['GIT_AUTHOR_DATE'] = process.env['GIT_COMMITTER_DATE'] = '2024-01-01T00:00:00Z';
  const bench = new Bench({ 'a.txt': 'one\ntwo\nthree\n', 'old.txt': 'line\n'.repeat(30), 'run.sh': '#!/bin/sh\n' });
  delete process.env['GIT_AUTHOR_DATE'];
  delete process.env['GIT_COMMITTER_DATE'];
  return bench;
}

describe('nothing of the user changes what is captured', () => {
  it('settings: hooks, line ends, diff formats, signing, colours, templates', async () => {
    const plain = fixedBench();
    const plainTree = await plain.open();
    work(plainTree.dir);
    const expected = await plain.capture(plainTree);

    const bench = fixedBench();
    const folder = temporaryFolder();
    const loud = `#!/bin/sh\necho "ran $0" >> ${folder}/ran\nexit 1\n`;
    for (const hook of ['post-checkout', 'pre-commit', 'post-index-change', 'reference-transaction', 'fsmonitor', 'loud'])
      write(folder, { [`hooks/${hook}`]: loud });
    run(folder, 'init', '-q', '.');
    for (const hook of readdirSync(join(folder, 'hooks'))) chmodSync(join(folder, 'hooks', hook), 0o755);
    write(folder, { gitconfig: hostile(folder), attributes: '*.txt text diff=odd\n', order: '*.zzz\n', 'template/hooks/post-checkout': loud });
    process.env['GIT_CONFIG_GLOBAL'] = join(folder, 'gitconfig');
    // In the repository's own file too: that one wins over the user's.
    appendFileSync(join(bench.repo, '.git/config'), hostile(folder));
    const tree = await bench.open();
    expect(readFileSync(join(tree.dir, 'a.txt'), 'utf8')).toBe('one\ntwo\nthree\n');
    work(tree.dir);
    const changes = await bench.capture(tree);
    expect(await isDirty(bench.repo)).toBe(false);
    await removeWorktree(tree);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
    expect(changes).toEqual(expected);
  });

  it('environment: GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE and the like', async () => {
    const plain = fixedBench();
    const plainTree = await plain.open();
    work(plainTree.dir);
    const expected = await plain.capture(plainTree);

    const bench = fixedBench();
    const decoy = new Bench({ 'decoy.txt': 'd' });
    const before = listing(decoy.repo);
    const decoyIndex = readFileSync(join(decoy.repo, '.git/index'));
    const redirect = {
      GIT_DIR: join(decoy.repo, '.git'),
      GIT_WORK_TREE: decoy.repo,
      GIT_INDEX_FILE: join(decoy.repo, '.git/index'),
      GIT_COMMON_DIR: join(decoy.repo, '.git'),
      GIT_OBJECT_DIRECTORY: join(decoy.repo, '.git/objects'),
      GIT_NAMESPACE: 'elsewhere',
      GIT_PREFIX: 'docs/',
      GIT_EXTERNAL_DIFF: 'false',
      GIT_DIFF_OPTS: '--unified=0',
      GIT_LITERAL_PATHSPECS: '1',
      GIT_TRACE: '1',
      GIT_AUTHOR_DATE: '2001-01-01T00:00:00Z',
      LC_ALL: 'de_DE.UTF-8',
    };
    Object.assign(process.env, redirect);
    const tree = await bench.open();
    for (const name of Object.keys(redirect)) delete process.env[name];
    work(tree.dir);
    Object.assign(process.env, redirect);
    const changes = await bench.capture(tree);
    for (const name of Object.keys(redirect)) delete process.env[name];
    expect(changes).toEqual(expected);
    expect(listing(decoy.repo)).toEqual(before);
    expect(readFileSync(join(decoy.repo, '.git/index'))).toEqual(decoyIndex);
  });

  it("the repository's own attributes do count: line ends are stored as a commit would store them", async () => {
    const bench = new Bench({ '.gitattributes': '*.txt text\n*.raw -text\n', 'a.txt': 'a\n' });
    const tree = await bench.open();
    write(tree.dir, { 'new.txt': 'a\r\nb\r\n', 'new.raw': 'a\r\nb\r\n' });
    await bench.capture(tree);
    expect(run(bench.repo, 'show', `${bench.target.refName}:new.txt`)).toBe('a\nb\n');
    expect(run(bench.repo, 'show', `${bench.target.refName}:new.raw`)).toBe('a\r\nb\r\n');
  });

  it('a sparse checkout stays sparse, and its missing files are not deletions', async () => {
    const bench = new Bench({ 'in/a.txt': 'a', 'out/b.txt': 'b', 'out/c.txt': 'c', 'top.txt': 't' });
    run(bench.repo, 'sparse-checkout', 'set', '--cone', '--sparse-index', 'in');
    const tree = await bench.open();
    expect(existsSync(join(tree.dir, 'out'))).toBe(false);
    expect(await bench.capture(tree)).toMatchObject({ changed: false });
    write(tree.dir, { 'in/a.txt': 'edited', 'out/b.txt': 'written outside', 'out/new.txt': 'n' });
    const changes = await bench.capture(tree);
    expect(changes.files).toEqual(['in/a.txt', 'out/b.txt', 'out/new.txt']);
    expect(run(bench.repo, 'show', `${bench.target.refName}:out/c.txt`)).toBe('c');
  });

  it('a repository with SHA-256 object names works', async () => {
    const bench = new Bench();
    const other = join(temporaryFolder(), 'sha256');
    run(bench.folder, 'init', '-q', '--object-format=sha256', other);
    write(other, { 'a.txt': 'a' });
    run(other, 'add', '-A');
    run(other, 'commit', '-q', '-m', 'first');
    const tree = await bench.open('head', other);
    write(tree.dir, { 'b.txt': 'b' });
    run(tree.dir, 'add', '-A');
    run(tree.dir, 'commit', '-q', '-m', 'mine');
    const changes = await bench.capture(tree);
    expect(changes).toMatchObject({ files: ['b.txt'], commits: [{ subject: 'mine' }] });
    expect(changes.base).toHaveLength(64);
  });
});
