import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initProject } from '../../cli/init/init.ts';
import { lintScript } from '../../src/lint/lint.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odw-init-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const written = ['.claude/skills/odw/SKILL.md', '.claude/odw/odw.d.ts', '.claude/workflows/jsconfig.json', '.claude/workflows/hello.js'];
const read = (name: string) => readFileSync(join(root, name), 'utf8');

/** What an editor says about the files of the workflow folder. */
function problems(): string[] {
  const folder = join(root, '.claude/workflows');
  const { config, error } = ts.readConfigFile(join(folder, 'jsconfig.json'), ts.sys.readFile);
  expect(error).toBeUndefined();
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, folder, { allowJs: true, maxNodeModuleJsDepth: 2, skipLibCheck: true }, 'jsconfig.json');
  expect(parsed.errors).toEqual([]);
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram(parsed.fileNames, parsed.options));
  return diagnostics.map(({ file, messageText }) => `${file?.fileName.split('/').at(-1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

describe('odw init', () => {
  it('LIB-06 writes skill, types, settings and a sample; a second time changes nothing', () => {
    expect(initProject(root)).toEqual({ created: written, kept: [] });
    const before = written.map((name) => [read(name), statSync(join(root, name)).mtimeMs]);
    expect(initProject(root)).toEqual({ created: [], kept: written });
    expect(written.map((name) => [read(name), statSync(join(root, name)).mtimeMs])).toEqual(before);
    expect(read(written[0]!)).toMatch(/^---\nname: odw\n/);
    expect(readdirSync(root)).toEqual(['.claude']);
  });

  it('LIB-06 overwrites nothing, not even an empty file', () => {
    mkdirSync(join(root, '.claude/workflows'), { recursive: true });
    writeFileSync(join(root, '.claude/workflows/hello.js'), '');
    expect(initProject(root)).toMatchObject({ kept: ['.claude/workflows/hello.js'] });
    expect(read('.claude/workflows/hello.js')).toBe('');
  });

  it('LIB-06 names what cannot be written', () => {
    writeFileSync(join(root, '.claude'), 'a file');
    expect(() => initProject(root)).toThrow(/cannot write .*SKILL\.md/);
  });

  it('the sample has no findings of lint, and an editor finds the types', async () => {
    initProject(root);
    expect(await lintScript({ path: 'hello.js', source: read('.claude/workflows/hello.js') })).toEqual([]);
    expect(problems()).toEqual([]);
    writeFileSync(join(root, '.claude/workflows/wrong.ts'), "export default () => agent('x', { lable: 1 });\n");
    writeFileSync(join(root, '.claude/workflows/odd.js'), '// @ts-check\nexport default () => agnet(1);\n');
    writeFileSync(join(root, '.claude/workflows/loose.js'), "return await agent('x', { lable: 1 });\n");
    expect(problems().sort()).toEqual([
      expect.stringMatching(/^odd\.js: Cannot find name 'agnet'/),
      expect.stringMatching(/^wrong\.ts: .*'lable' does not exist/),
    ]);
  });
});
