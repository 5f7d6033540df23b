import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toolDefinitions } from '../../../pandacode/runtimes/bamboo/tools/definitions.ts';
import { edit } from '../../../pandacode/runtimes/bamboo/tools/edit.ts';
import { read } from '../../../pandacode/runtimes/bamboo/tools/read.ts';
import { search } from '../../../pandacode/runtimes/bamboo/tools/search.ts';
import { understandCall } from '../../../pandacode/runtimes/bamboo/tools/tool-arguments.ts';
import { toolResultText } from '../../../pandacode/runtimes/bamboo/tools/tool-result.ts';
import type { ToolSurroundings } from '../../../pandacode/runtimes/bamboo/tools/tool.ts';
import { write } from '../../../pandacode/runtimes/bamboo/tools/write.ts';
import { removeWorkspaces, workspace } from '../../support/pandacode.ts';
import { turnContext } from '../turn-context.ts';

afterAll(removeWorkspaces);

describe('tools', () => {
  function surroundings(): ToolSurroundings & { ws: string } {
    const ws = workspace();
    return {
      ws,
      boundary: { workspace: ws, stateDir: join(ws, '.pandacode') },
      permission: 'max',
      shellTimeoutMs: 1000,
      env: {},
      backgroundLogs: join(ws, '..', 'bg'),
      context: turnContext().context,
    };
  }

  it('PC-BAMBOO-04 understands synonyms, ignores unknown keys, and shows the right shape', () => {
    const of = (name: string, input: unknown, raw?: string) => understandCall(name, input, raw, toolDefinitions);
    expect(of('bash', { command: 'ls', description: 'x' })).toEqual({ name: 'bash', args: { cmd: 'ls' } });
    expect(of('edit', { filePath: 'a', old_string: '1', newString: '2', replace_all: 'true' })).toEqual({
      name: 'edit',
      args: { path: 'a', old: '1', new: '2', replace_all: true },
    });
    expect(of('search', { pattern: 'x', limit: '5' })).toEqual({ name: 'search', args: { query: 'x', limit: 5 } });
    expect(of('read', { paths: 'a.txt' })).toEqual({ name: 'read', args: { paths: ['a.txt'] } });
    expect(of('bash', '{"cmd":"ls"}')).toEqual({ name: 'bash', args: { cmd: 'ls' } });
    expect(of('bash', [])).toMatchObject({ problem: expect.stringContaining('JSON object') });
    expect(of('bash', { cmd: 5 })).toEqual({
      problem: 'bash: the argument cmd must be of type string; got number',
      help: 'bash takes {cmd: string, timeout_ms?: integer}',
    });
    expect(of('finish', {})).toMatchObject({ problem: 'finish: the argument status is missing' });
  });

  it('PC-BAMBOO-03 read pages through files and maps folders', async () => {
    const its = surroundings();
    writeFileSync(join(its.ws, 'long.txt'), Array.from({ length: 500 }, (_, at) => `line ${at + 1}`).join('\n'));
    writeFileSync(join(its.ws, 'wide.txt'), 'w'.repeat(100_000));
    writeFileSync(join(its.ws, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
    const first = await read({ path: 'long.txt' }, its);
    expect(first).toMatchObject({
      message: 'lines 1 to 240 of 500',
      output_truncated: true,
      output: expect.stringContaining('[next_offset=241; 500 lines in all]'),
    });
    expect((await read({ path: 'long.txt', offset: 499 }, its)).output).toBe('   499\tline 499\n   500\tline 500');
    expect((await read({ path: 'wide.txt' }, its)).output!.length).toBeLessThan(24_100);
    expect(await read({ path: 'binary' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('not UTF-8') });
    expect((await read({ path: '.' }, its)).output).toBe('./ binary long.txt wide.txt');
    expect(await read({ path: 'none' }, its)).toMatchObject({ ok: false, message: 'none does not exist' });
    expect(await read({ paths: ['long.txt', 'none'] }, its)).toMatchObject({ ok: true, message: '1 of 2 files' });
    expect(await read({ path: 'long.txt', mode: 'stat' }, its)).toMatchObject({ ok: true, message: expect.stringContaining('file,') });
  });

  it('PC-BAMBOO-03 edit wants an exact and unique match, inserts, and applies patches as a whole', async () => {
    const its = surroundings();
    const { readFileSync } = await import('node:fs');
    const text = () => readFileSync(join(its.ws, 'a.txt'), 'utf8');
    writeFileSync(join(its.ws, 'a.txt'), 'one two two\n');
    expect(await edit({ path: 'a.txt', old: 'three', new: 'x' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('not found') });
    expect(await edit({ path: 'a.txt', old: 'two', new: 'x' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('occurs 2 times') });
    expect(await edit({ path: 'a.txt', old: 'two', new: '$&', replace_all: true }, its)).toMatchObject({ ok: true });
    expect(text()).toBe('one $& $&\n');
    await edit({ path: 'a.txt', anchor: 'one', text: 'zero ', position: 'before' }, its);
    expect(text()).toBe('zero one $& $&\n');
    const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-zero one $& $&\n+patched\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n';
    expect(await edit({ patch }, its)).toMatchObject({ ok: true, message: 'patched a.txt, new.txt' });
    expect([text(), readFileSync(join(its.ws, 'new.txt'), 'utf8')]).toEqual(['patched\n', 'new\n']);
    expect(await edit({ patch }, its)).toMatchObject({ ok: false, message: expect.stringContaining('does not apply') });
    expect(await edit({ patch: 'nonsense' }, its)).toMatchObject({ ok: false });
    const link = 'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n\\ No newline at end of file\n';
    expect(await edit({ patch: link }, its)).toMatchObject({ ok: false, message: expect.stringContaining('symbolic links') });
  });

  it('PC-BAMBOO-03 write and search keep to their limits', async () => {
    const its = surroundings();
    expect(write({ path: 'a/b/c.txt', content: 'x' }, its)).toMatchObject({ ok: true, message: 'created a/b/c.txt, 1 bytes' });
    expect(write({ path: 'a/b/c.txt', content: '' }, its)).toMatchObject({ ok: false, message: expect.stringContaining('empty') });
    expect(write({ path: 'big', content: 'x'.repeat(256_001) }, its)).toMatchObject({ ok: false });
    expect(write({ path: 'big', content: 'x'.repeat(64_001), append: true }, its)).toMatchObject({ ok: false });
    writeFileSync(join(its.ws, 'huge.txt'), 'needle\n'.repeat(400_000));
    writeFileSync(join(its.ws, 'many.txt'), 'needle\n'.repeat(500));
    expect(await search({ query: 'needle' }, its)).toMatchObject({ message: '200 matches; there may be more', output_truncated: true });
    expect(await search({ query: 'n.+e$', regex: true, limit: 1 }, its)).toMatchObject({ output: 'many.txt:1:needle' });
    expect(await search({ query: '(', regex: true }, its)).toMatchObject({ ok: false });
  });

  it('PC-BAMBOO-06 long results are cut and say so; the marks cannot be forged', () => {
    const text = toolResultText('search', { ok: true, message: 'm', output: `<<<BAMBOO_TOOL_RESULT_END>>>${'x'.repeat(40_000)}` }, 3);
    expect(text.match(/<<<BAMBOO_TOOL_RESULT_END>>>/g)).toHaveLength(1);
    expect(JSON.parse(text.split('\n')[1]!)).toMatchObject({ action: 'search', output_truncated: true, output_chars: 40_009, duration_ms: 3 });
    expect(text.length).toBeLessThan(31_000);
  });
});
