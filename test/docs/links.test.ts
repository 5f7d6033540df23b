import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorTable } from '../../src/errors/table.ts';
import { compileScript } from '../../src/script/compile.ts';
import { unknownOptions } from '../../workflows/node/options.ts';
import { allFlags, commandsIn, loadPrograms, problemOf } from './commands.ts';
import { anchorsOf, codeSpansOf, fencesOf, linksOf, readPages, repository, type Page } from './markdown.ts';

const pages = readPages();
const byName = new Map(pages.map((page) => [page.name, page]));
const names = pages.map((page) => page.name);
const pageOf = (name: string): Page => byName.get(name)!;

// Flags that pages name and that belong to programs other than odw and pandacode.
const foreignFlags = new Set(['--host']);

let programs: Record<'odw' | 'pandacode', Command>;
beforeAll(async () => {
  programs = await loadPrograms();
});

function brokenLinks({ name, text }: Page): string[] {
  return linksOf(text).flatMap((link) => {
    if (/^https?:/.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? name : posix.normalize(posix.join(posix.dirname(name), path));
    if (!existsSync(join(repository, target))) return [`${link}: there is no ${target}`];
    if (anchor === undefined) return [];
    const page = byName.get(target);
    return page && anchorsOf(page.text).has(anchor) ? [] : [`${link}: ${target} has no such heading`];
  });
}

// Commands in fences and in inline code.
function brokenCommands({ text }: Page): string[] {
  const shell = fencesOf(text).filter(({ language }) => ['', 'sh', 'text', 'console'].includes(language));
  const codes = [...shell.map((fence) => fence.code), ...codeSpansOf(text)];
  const commands = codes.flatMap((code) => commandsIn(code));
  return commands.flatMap(({ program, words, shown }) => {
    const problem = problemOf(programs[program], words);
    return problem === undefined ? [] : [`${shown}: ${problem}`];
  });
}

function unknownFlags({ text }: Page): string[] {
  const flags = codeSpansOf(text).flatMap((code) => (/^--?[a-z][\w-]*/.test(code) ? [...code.matchAll(/(?:^|\s)(--[a-z][\w-]*)/g)].map((m) => m[1]!) : []));
  const known = new Set([...allFlags(programs.odw), ...allFlags(programs.pandacode), ...foreignFlags]);
  return flags.filter((flag) => !known.has(flag));
}

function missingFiles({ text }: Page): string[] {
  const folders = ['cli', 'temporal', 'activities', 'workflows', 'pandacode', 'src', 'schemas', 'system', 'scripts', 'examples', 'docs', 'test', 'bench'];
  const paths = codeSpansOf(text).filter((code) => new RegExp(`^(${folders.join('|')})/[\\w./-]*$`).test(code));
  return paths.filter((path) => !existsSync(join(repository, path)));
}

describe.each(names)('%s', (name) => {
  it('links to what is there', () => expect(brokenLinks(pageOf(name))).toEqual([]));
  it('names commands that exist', () => expect(brokenCommands(pageOf(name))).toEqual([]));
  it('names flags that exist', () => expect(unknownFlags(pageOf(name))).toEqual([]));
  it('names files that exist', () => expect(missingFiles(pageOf(name))).toEqual([]));
  it('names no path of somebody’s machine and no registry', () => {
    expect(pageOf(name).text).not.toMatch(/\/(home|Users|root|work)\/\w|registry\.npmjs|proxy\.golang/);
  });
});

describe('the whole', () => {
  it('docs/index.md leads to every page', () => {
    const linked = new Set(linksOf(pageOf('docs/index.md').text).map((link) => posix.join('docs', link.split('#')[0]!)));
    expect(names.filter((name) => name.startsWith('docs/') && name !== 'docs/index.md' && !linked.has(name))).toEqual([]);
  });

  it('every decision that a comment or a page names is in docs/internals/design.md', () => {
    const decided = new Set([...pageOf('docs/internals/design.md').text.matchAll(/^## (D\d+) /gm)].map((match) => match[1]!));
    expect(decided.size).toBe(13);
    const sources = ['cli', 'temporal', 'activities', 'workflows', 'pandacode', 'src', 'schemas', 'system'].flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
        /\.tsx?$/.test(name) ? [join(repository, folder, name)] : [],
      ),
    );
    const texts = [...sources.map((path) => readFileSync(path, 'utf8')), ...pages.map((page) => page.text)];
    const named = texts.flatMap((text) => [...text.matchAll(/DESIGN (D\d+(?:, D\d+)*)/g)].flatMap((match) => match[1]!.split(', ')));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !decided.has(name))).toEqual([]);
  });

  it('the README is at most two screens and shows examples/audit.js as it is', () => {
    const { text } = pageOf('README.md');
    expect(text.split('\n').length).toBeLessThanOrEqual(110);
    expect(fencesOf(text).find(({ language }) => language === 'js')?.code).toBe(readFileSync(join(repository, 'examples/audit.js'), 'utf8'));
  });

  it('the picture of the report is a PNG under 300 KB', () => {
    const path = join(repository, 'docs/images/report.png');
    expect(statSync(path).size).toBeLessThan(300_000);
    expect(readFileSync(path).subarray(1, 4).toString()).toBe('PNG');
  });

  it('docs/cli.md names every command and every flag of odw', () => {
    const { text } = pageOf('docs/cli.md');
    const missing: string[] = [];
    const visit = (command: Command, path: string) => {
      for (const child of command.commands) {
        if (!text.includes(`odw${path} ${child.name()}`)) missing.push(`odw${path} ${child.name()}`);
        for (const option of child.options)
          if (!option.hidden && option.long && !text.includes(option.long)) missing.push(`odw${path} ${child.name()} ${option.long}`);
        visit(child, `${path} ${child.name()}`);
      }
    };
    visit(programs.odw, '');
    expect(missing).toEqual([]);
  });

  it('every script shown can be loaded', async () => {
    const scripts = pages.flatMap(({ name, text }) =>
      fencesOf(text).flatMap(({ language, code }) => (language === 'js' ? [{ path: name, source: code }] : [])),
    );
    expect(scripts.length).toBeGreaterThan(3);
    for (const script of scripts) await compileScript(script);
  });

  it('docs/scripts.md names only options of agent() that have an effect', () => {
    const table = /^\| option[\s\S]*?\n\n/m.exec(pageOf('docs/scripts.md').text)![0];
    const options = table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]!));
    expect(options.length).toBeGreaterThan(20);
    expect(unknownOptions(Object.fromEntries(options.map((name) => [name, true])))).toEqual([]);
  });

  it('docs/errors.md agrees with the tables', async () => {
    const script = join(repository, 'scripts/make-error-docs.mjs');
    await promisify(execFile)(process.execPath, [script, '--check']);
    const anchors = anchorsOf(pageOf('docs/errors.md').text);
    expect(Object.keys(errorTable).filter((slug) => !anchors.has(slug))).toEqual([]);

    const scratch = mkdtempSync(join(tmpdir(), 'odw-docs-'));
    const copy = join(scratch, 'errors.md');
    writeFileSync(copy, pageOf('docs/errors.md').text.replace('### script-required', '### script-needed'));
    await expect(promisify(execFile)(process.execPath, [script, '--check', copy])).rejects.toThrow(/does not agree/);
    rmSync(scratch, { recursive: true, maxRetries: 5 });
  });

  it('errors name commands and flags that exist', () => {
    const problems = Object.entries(errorTable).flatMap(([slug, row]) =>
      commandsIn(row.next).flatMap(({ program, words }) => {
        const problem = problemOf(programs[program], words.slice(0, words.findLastIndex((word) => word.startsWith('-')) + 1));
        return problem ? [`${slug}: ${problem}`] : [];
      }),
    );
    expect(problems).toEqual([]);
  });
});

describe('the checks find what is wrong', () => {
  const wrong = (text: string): Page => ({ name: 'docs/wrong.md', text });

  it('links and anchors', () => {
    expect(brokenLinks(wrong('[a](engine.md) [b](gone.md) [c](engine.md#commands) [d](engine.md#gone) [e](../LICENSE) `[f](gone.md)`'))).toEqual([
      'gone.md: there is no docs/gone.md',
      'engine.md#gone: docs/engine.md has no such heading',
    ]);
  });

  it('commands and flags', () => {
    const text = 'Run `odw exec --script a.js --sript b.js`, `odw rnus list`, `odw runs gone`, `odw server stop --force` or `pandacode claude exec --nope`.\n';
    expect(brokenCommands(wrong(text)).map((problem) => problem.split(': ').at(-1))).toEqual([
      'odw exec has no flag --sript',
      'odw has no command rnus',
      'odw runs has no command gone',
      'odw server stop has no flag --force',
      'pandacode claude exec has no flag --nope',
    ]);
    expect(brokenCommands(wrong('```sh\nodw exec --script a.js --json | jq .\nnpx odw report --gone\n```\n'))).toHaveLength(1);
    expect(unknownFlags(wrong('`--json` `--jsno` `--port N --ports M`'))).toEqual(['--jsno', '--ports']);
  });

  it('files', () => {
    expect(missingFiles(wrong('`src/errors/table.ts` `src/errors/tables.ts` `examples/gone.js`'))).toEqual(['src/errors/tables.ts', 'examples/gone.js']);
  });

  it('pages are where they are looked for', () => expect(dirname(names.find((name) => name.endsWith('engine.md'))!)).toBe('docs'));
});
