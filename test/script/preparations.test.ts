import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadWorkflow, prepareSchema, prepareWorkspace } from '../../temporal/worker/preparations.ts';
import { findWorkflowFile } from '../../temporal/worker/workflow-files.ts';

let root: string;
let before: string | undefined;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'odw-preparations-')));
  before = process.env['CLAUDE_CONFIG_DIR'];
  process.env['CLAUDE_CONFIG_DIR'] = join(root, 'personal');
});
afterEach(() => {
  if (before === undefined) delete process.env['CLAUDE_CONFIG_DIR'];
  else process.env['CLAUDE_CONFIG_DIR'] = before;
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

function put(path: string, text = 'return 1'): string {
  const full = join(root, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
  return full;
}

describe('the workflow that a name or path leads to', () => {
  it('SUB-01 a name: the project before the person, the name before odw-<name>, .js before the others', () => {
    // From the last to the first: each wins over all that were there before.
    const inOrder = [
      ...['project/n.js', 'project/n.mjs', 'project/n.ts', 'project/n.mts', 'project/odw-n.js', 'project/odw-n.mts'],
      ...['personal/workflows/n.js', 'personal/workflows/n.mts', 'personal/workflows/odw-n.js'],
    ].map((path) => path.replace(/^project/, '.claude/workflows'));
    for (const path of inOrder.reverse()) {
      put(path);
      expect(findWorkflowFile(root, 'n').path).toBe(join(root, path));
    }
  });

  it.each([
    ['./sub/a.js', 'sub/a.js'],
    ['sub/a.js', 'sub/a.js'],
    ['a.js', 'a.js'],
    ['a.mts', 'a.mts'],
    ['.hidden', '.hidden'],
    ['sub/without-ending', 'sub/without-ending'],
  ])('SUB-01 %s is a path below the root, and never a name', (ref, path) => {
    put(`.claude/workflows/${ref}`.replace('/./', '/'));
    expect(findWorkflowFile(root, ref)).toEqual({ path: undefined, looked: [join(root, path)] });
    put(path);
    expect(findWorkflowFile(root, ref).path).toBe(join(root, path));
  });

  it('SUB-01 an absolute path is itself; a folder of the name is no script', () => {
    const path = put('elsewhere/a.js');
    expect(findWorkflowFile('/nowhere', path).path).toBe(path);
    mkdirSync(join(root, '.claude', 'workflows', 'n.js'), { recursive: true });
    expect(findWorkflowFile(root, 'n').path).toBeUndefined();
  });

  it('LIB-02 an empty CLAUDE_CONFIG_DIR is none: nothing is looked for in the working directory', () => {
    process.env['CLAUDE_CONFIG_DIR'] = '';
    expect(findWorkflowFile(root, 'n').looked.every((path) => path.startsWith('/'))).toBe(true);
  });

  it('SUB-02 SUB-08 one that is missing says where it was looked for; one that is found is read and compiled', async () => {
    const missing = await loadWorkflow({ root, ref: 'n' });
    expect(missing).toMatchObject({
      ok: false,
      message: expect.stringContaining(`workflow "n" not found (looked in: ${join(root, '.claude/workflows/n.js')}, `) as string,
    });
    const path = put('.claude/workflows/n.ts', `export const meta = { name: 'child', phases: [] };\nconst a: number = 1;\nreturn a;`);
    const found = await loadWorkflow({ root, ref: 'n' });
    expect(found).toMatchObject({ ok: true, script: { path, meta: { name: 'child' }, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
  });

  it('SCR-05 SCR-07 one that cannot be loaded is a message with its place, not a crash of the worker', async () => {
    const path = put('bad.js', `const a = 1;\nrequire('fs')`);
    expect(await loadWorkflow({ root, ref: 'bad.js' })).toMatchObject({
      ok: false,
      message: expect.stringContaining(`workflow script ${path} uses disallowed require`) as string,
    });
    put('torn.js', 'return (');
    expect(await loadWorkflow({ root, ref: 'torn.js' })).toMatchObject({ ok: false, message: expect.stringContaining('torn.js') as string });
  });

  it('DIAL-01 a child takes the dialect of its caller, unless it names its own', async () => {
    put('a.js', `export const meta = { name: 'a', description: 'what it does', phases: [] };\nreturn 1`);
    put('b.js', `export const meta = { name: 'b', dialect: 'odw', phases: [] };\nreturn 1`);
    const dialect = async (ref: string) => {
      const loaded = await loadWorkflow({ root, ref, callersDialect: 'claude' });
      return loaded.ok ? loaded.script.dialect : loaded.message;
    };
    expect([await dialect('a.js'), await dialect('b.js')]).toEqual(['claude', 'odw']);
  });
});

describe('the schema of a node', () => {
  it('SCH-01 is inline, or a file: absolute, or relative to the root', async () => {
    const json = { type: 'object', required: ['a'] };
    const path = put('schemas/s.json', JSON.stringify(json));
    for (const schema of [json, path, 'schemas/s.json']) expect(await prepareSchema({ root, schema })).toEqual({ ok: true, json });
    expect(await prepareSchema({ root, schema: true })).toEqual({ ok: true, json: true });
  });

  it.each([
    [7, 'schema must be a JSON Schema object, a boolean or a file path, got number'],
    [null, 'got null'],
    [[], 'got an array'],
    ['missing.json', 'cannot load schema file missing.json: ENOENT'],
    ['torn.json', 'cannot load schema file torn.json: '],
    ['list.json', 'schema must be a JSON Schema object, a boolean or a file path, got an array'],
    ['.', 'cannot load schema file .: EISDIR'],
    [{ type: 'objekt' }, 'schema is invalid: data/type must be equal to one of the allowed values'],
    [{ $ref: '#/$defs/none' }, 'none'],
  ])('SCH-02 %j cannot be loaded, and the reason is told', async (schema, message) => {
    put('torn.json', '{"type":');
    put('list.json', '[{}]');
    expect(await prepareSchema({ root, schema })).toMatchObject({ ok: false, message: expect.stringContaining(message) as string });
  });
});

describe('the folder of a run', () => {
  it('WT-01 WT-12 says whether it is in a repository, and whether there are changes that no node sees', async () => {
    expect(await prepareWorkspace({ root })).toEqual({ isGit: false, dirty: false });
    execFileSync('git', ['init', '-q'], { cwd: root });
    put('a.txt');
    expect(await prepareWorkspace({ root })).toEqual({ isGit: true, dirty: true });
    const as = ['-c', 'user.name=u', '-c', 'user.email=u@example.com'];
    execFileSync('git', ['add', '-A'], { cwd: root });
    execFileSync('git', [...as, 'commit', '-q', '-m', 'first'], { cwd: root });
    expect(await prepareWorkspace({ root })).toEqual({ isGit: true, dirty: false });
  });
});
