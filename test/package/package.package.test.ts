import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string; size: number; mode: number }[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const pkg = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; files: string[] };
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'odw-package-')));
const prefix = join(scratch, 'prefix');
const bin = process.platform === 'win32' ? prefix : join(prefix, 'bin');
const project = join(scratch, 'project');

// npm as a user has it: nothing of the npm that runs this test reaches it.
const env = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(registry|cache|userconfig|globalconfig)$)/i.test(name))),
  PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
});

async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env: env(), maxBuffer: 64 << 20 });
  return stdout;
}

let packed: Packed;

// Packs a copy, because `prepare` builds: the dist/ of the working tree may be in use by other tests.
beforeAll(async () => {
  const copy = join(scratch, 'copy');
  for (const name of sources()) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    cpSync(join(root, name), join(copy, name));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  const out = await run('npm', ['pack', '--json', '--pack-destination', scratch], copy);
  // The build may print lines of its own before the JSON.
  packed = (JSON.parse(out.slice(out.search(/^\[\s*$/m))) as Packed[])[0]!;
  const mb = (bytes: number) => (bytes / 1e6).toFixed(2);
  process.stdout.write(`package: ${packed.files.length} files, ${mb(packed.size)} MB packed, ${mb(packed.unpackedSize)} MB unpacked\n`);
  await run('npm', ['install', '-g', '--prefix', prefix, '--no-audit', '--no-fund', join(scratch, packed.filename)], scratch);
  mkdirSync(project);
}, 600_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));

// Everything that is or would be committed.
function sources(): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  return list.split('\0').filter((name) => name !== '' && existsSync(join(root, name)));
}

describe('the package', () => {
  it('holds what "files" says and nothing else', () => {
    const always = ['package.json', 'README.md', 'LICENSE'];
    const wanted = (path: string) => always.includes(path) || pkg.files.some((entry) => path === entry || path.startsWith(`${entry}/`));
    const paths = packed.files.map((file) => file.path);
    expect(paths.filter((path) => !wanted(path))).toEqual([]);
    for (const entry of pkg.files.filter((name) => !name.startsWith('!')))
      expect(paths.filter((path) => path === entry || path.startsWith(`${entry}/`))).not.toEqual([]);
    // It fits the machine alone that made it.
    expect(paths.filter((path) => path.endsWith('.code'))).toEqual([]);
    // A workflow script may be TypeScript; the program itself is built.
    const ours = paths.filter((path) => !path.startsWith('examples/'));
    expect(ours.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
    expect(paths.filter((path) => /(^|\/)(test|node_modules|\.odw)\/|\.(map|tsbuildinfo)$/.test(path))).toEqual([]);
    for (const path of ['dist/cli/odw.js', 'dist/odw.cjs', 'dist/pandacode/pandacode.js', 'dist/workflow-bundle.js', 'docs/images/report.png'])
      expect(paths).toContain(path);
  });

  it('is small', () => {
    expect(packed.size).toBeLessThan(3e6);
    expect(packed.unpackedSize).toBeLessThan(12e6);
  });

  it('names no folder of the machine that built it', () => {
    const texts = packed.files.filter(({ path }) => /\.(c?js|md|json)$/.test(path));
    const installed = join(prefix, process.platform === 'win32' ? '' : 'lib', 'node_modules', 'open-dynamic-workflow');
    expect(texts.length).toBeGreaterThan(10);
    for (const { path } of texts) {
      // The bundler names each module by its relative path, which here leads through the linked node_modules.
      const text = readFileSync(join(installed, path), 'utf8').replaceAll(`..${root}`, '');
      expect(text.includes(root) || text.includes(scratch), path).toBe(false);
    }
  });
});

describe('the installed commands', () => {
  it('CLI-01 tell their versions', async () => {
    expect(await run(join(bin, 'odw'), ['--version'], project)).toBe(`odw ${pkg.version}\n`);
    expect(await run(join(bin, 'pandacode'), ['--version'], project)).toBe(`pandacode ${pkg.version}\n`);
  });

  it('run a script on the mock backend in an empty project', async () => {
    writeFileSync(join(project, 'two.js'), `const [a, b] = await parallel([() => agent('one'), () => agent('two')]);\nreturn { a: a.ok, b: b.ok };\n`);
    expect(await run(join(bin, 'odw'), ['exec', '--script', 'two.js', '--json'], project)).toBe('{"a":true,"b":true}\n');
    expect(await run(join(bin, 'odw'), ['runs', 'show'], project)).toMatch(/^Run odw-exec-\S+ \[completed\]/);
    expect((await run(join(bin, 'odw'), ['report'], project)).trim()).toMatch(/report\.html$/);
  });

  it('run a TypeScript script: what strips types is installed with them', async () => {
    writeFileSync(join(project, 'typed.ts'), `const answer: { ok: boolean } = await agent('one');\nreturn answer.ok as boolean;\n`);
    expect(await run(join(bin, 'odw'), ['exec', '--script', 'typed.ts', '--json'], project)).toBe('true\n');
  });

  it('odw finds the pandacode beside it', async () => {
    const { pandacode } = JSON.parse(await run(join(bin, 'odw'), ['doctor', '--json'], project)) as { pandacode: { ok: boolean; summary: string } };
    expect(pandacode).toMatchObject({ ok: true, summary: `pandacode ${pkg.version}` });
  });
});
