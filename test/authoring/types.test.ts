import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { agentOptionNames } from '../../src/script/agent-options.ts';
import { dialectNames, guardedNames } from '../../src/script/global-names.ts';
import { repository } from '../docs/markdown.ts';

const declarations = join(repository, 'types/odw.d.ts');
const folder = join(import.meta.dirname, 'fixtures/types');
const options: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  allowJs: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: [],
};

function problemsOf(names: string[], more: ts.CompilerOptions = {}): Record<string, string[]> {
  const program = ts.createProgram([declarations, ...names.map((name) => join(folder, name))], { ...options, ...more });
  const found: Record<string, string[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    (found[file ? basename(file.fileName) : 'options'] ??= []).push(ts.flattenDiagnosticMessageText(messageText, ' '));
  }
  return found;
}

const exported = (): Map<string, ts.Statement> => {
  const file = ts.createSourceFile('odw.d.ts', readFileSync(declarations, 'utf8'), ts.ScriptTarget.ES2022, true);
  const isExported = (node: ts.Statement) => ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return new Map(
    file.statements.filter(isExported).flatMap((node): [string, ts.Statement][] => {
      if (ts.isFunctionDeclaration(node)) return [[node.name!.text, node]];
      if (ts.isVariableStatement(node)) return node.declarationList.declarations.map((one) => [(one.name as ts.Identifier).text, node]);
      return [];
    }),
  );
};

describe('types/odw.d.ts', () => {
  it('DET-09 COMPAT-11 declares exactly the names of the dialect', () => {
    expect([...exported().keys()].sort()).toEqual([...dialectNames].sort());
  });

  it('DET-09 the names of the dialect are those that the interpreter hands to a script', () => {
    const source = readFileSync(join(repository, 'workflows/dialect/globals.ts'), 'utf8');
    const file = ts.createSourceFile('globals.ts', source, ts.ScriptTarget.ES2022, true);
    const handed: string[] = [];
    const namesOf = (object: ts.ObjectLiteralExpression) => object.properties.flatMap((one) => (one.name ? [one.name.getText(file)] : []));
    const visit = (node: ts.Node, inside: string): void => {
      if (ts.isFunctionDeclaration(node)) inside = node.name!.text;
      if (ts.isReturnStatement(node) && node.expression && ts.isObjectLiteralExpression(node.expression) && /^(dialectGlobals|makeTimers)$/.test(inside)) {
        handed.push(...namesOf(node.expression));
        return;
      }
      ts.forEachChild(node, (child) => visit(child, inside));
    };
    visit(file, '');
    const own = handed.filter((name) => !guardedNames.includes(name));
    expect(own.sort()).toEqual([...dialectNames].sort());
  });

  it('every name is documented', () => {
    const without = [...exported()].filter(([, node]) => ts.getJSDocCommentsAndTags(node).length === 0).map(([name]) => name);
    expect(without).toEqual([]);
  });

  it('AGENT-19 INFO-04 declares exactly the options of agent() that have an effect, each documented or obvious', () => {
    const program = ts.createProgram([declarations], options);
    const checker = program.getTypeChecker();
    const file = program.getSourceFile(declarations)!;
    const node = file.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === 'AgentOptions')!;
    const properties = checker.getTypeAtLocation(node).getProperties();
    expect(properties.map((one) => one.name).sort()).toEqual([...agentOptionNames].sort());
    expect(properties.filter((one) => one.getDocumentationComment(checker).length === 0).map((one) => one.name)).toEqual(['retry']);
  });

  it('good scripts are clean', () => {
    const names = readdirSync(folder).filter((name) => !name.startsWith('bad-'));
    expect(names).toHaveLength(3);
    expect(problemsOf(names)).toEqual(Object.fromEntries(names.map((name) => [name, []])));
  });

  it('the example in TypeScript is clean', () => {
    const problems = problemsOf([relative(folder, join(repository, 'examples/extract.ts'))]);
    expect(Object.values(problems).flat()).toEqual([]);
  });

  it('merges with the declarations of Node and of browsers', () => {
    expect(problemsOf(['good-check.js'], { types: ['node'], typeRoots: [join(repository, 'node_modules/@types')] })['good-check.js']).toEqual([]);
    expect(problemsOf(['good-check.js'], { lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'] })['good-check.js']).toEqual([]);
  });

  const expected: Record<string, RegExp> = {
    'bad-isolation.ts': /'"container"' is not assignable to type '"worktree"'/,
    'bad-meta.js': /'string' is not assignable to type '\{ title: string/,
    'bad-name.js': /Cannot find name 'process'/,
    'bad-option.js': /'lable' does not exist in type 'AgentOptions'/,
    'bad-promise.js': /Promise<any>.* is not assignable|has no properties in common/,
    'bad-prompt.js': /is not assignable to parameter of type 'string'/,
  };
  it.each(Object.keys(expected))('%s is an error', (name) => {
    const found = problemsOf([name])[name]!;
    expect(found.join('\n')).toMatch(expected[name]!);
  });
  it('each bad script is expected', () => {
    expect(readdirSync(folder).filter((name) => name.startsWith('bad-'))).toEqual(Object.keys(expected));
  });

  it('an editor completes agent( and its options, and shows what they do', () => {
    const name = join(folder, 'typed.js');
    const text = "const a = await agent('x', { iso });\nag";
    const host: ts.LanguageServiceHost = {
      getScriptFileNames: () => [declarations, name],
      getScriptVersion: () => '1',
      getScriptSnapshot: (file) => ts.ScriptSnapshot.fromString(file === name ? text : (ts.sys.readFile(file) ?? '')),
      getCurrentDirectory: () => repository,
      getCompilationSettings: () => options,
      getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
    };
    const service = ts.createLanguageService(host);
    const completions = (at: number) => service.getCompletionsAtPosition(name, at, {})!.entries.map((entry) => entry.name);
    expect(completions(text.length)).toEqual(expect.arrayContaining([...dialectNames]));
    expect(completions(text.indexOf('iso') + 3)).toEqual(expect.arrayContaining(['isolation', 'label', 'schema']));
    const help = service.getQuickInfoAtPosition(name, text.indexOf('agent') + 1)!;
    expect(ts.displayPartsToString(help.documentation)).toContain('hands a prompt to an agent');
    const signature = service.getSignatureHelpItems(name, text.indexOf("'x'") + 1, {})!;
    expect(ts.displayPartsToString(signature.items[0]!.documentation)).toContain('One node');
  });
});
