import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/ids.mjs', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, maxRetries: 5 });
});

const spec = {
  'docs/spec/odw.md': '| id | behaviour |\n|---|---|\n| DEMO-01 | one |\n| DEMO-02 | two |\n',
  'docs/spec/pandacode.md': '| PC-DEMO-01 | one, unlike DEMO-02 |\n',
  'docs/spec/features.md': '| LATER-01 | one |\n',
};

function ids(files: Record<string, string>): { status: number | null; out: string; err: string } {
  const root = mkdtempSync(join(tmpdir(), 'odw-ids-'));
  folders.push(root);
  for (const [path, text] of Object.entries({ ...spec, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

describe('npm run ids', () => {
  it('counts the ids that a title names, in plain, templated and tabled tests and in groups', () => {
    const { status, out, err } = ids({
      'test/a/a.test.ts': `import { it } from 'vitest';\nit.each([1, 2])('DEMO-01 %s', () => {});\ndescribe('group', () => { for (const x of [1]) it(\`DEMO-02 \${x}\`, () => {}); });`,
      'test/b.int.test.ts': `describe.each([1])('PC-DEMO-01', () => { it('LATER-01 and SHA-256', () => {}); });`,
      'test/ids-later.txt': '# nothing\n\n',
    });
    expect([status, err]).toEqual([0, '']);
    expect(out).toBe('odw.md: 2 ids, 2 with a test, 0 to come\npandacode.md: 1 ids, 1 with a test, 0 to come\n');
  });

  it('an id in a comment, in a body, in a skipped test or in a file that is no test counts for nothing', () => {
    const { status, err } = ids({
      'test/a.test.ts': `// DEMO-01\nit('x', () => expect('DEMO-01').toBe('DEMO-01'));\nit.skip('DEMO-01 DEMO-02', () => {});\ndescribe.skip('g', () => { it('DEMO-02', () => {}); });\nit.todo('DEMO-01');`,
      'test/support.ts': `it('DEMO-01', () => {});`,
    });
    expect(status).toBe(1);
    expect(err).toBe('odw.md: no test has a title that names DEMO-01 DEMO-02\npandacode.md: no test has a title that names PC-DEMO-01\n');
  });

  it('takes what is to come with a reason, and refuses lines that are no longer true', () => {
    const tests = { 'test/a.test.ts': `it('DEMO-01', () => {});` };
    expect(ids({ ...tests, 'test/ids-later.txt': 'DEMO-02 not built yet\nPC-DEMO-01 not built yet\n' })).toMatchObject({
      status: 0,
      out: 'odw.md: 2 ids, 1 with a test, 1 to come\npandacode.md: 1 ids, 0 with a test, 1 to come\n',
    });
    const { status, err } = ids({
      ...tests,
      'test/ids-later.txt': 'DEMO-01 old\nDEMO-02\nDEMO-03 never was\nLATER-01 not asked for\nPC-DEMO-01 a\nPC-DEMO-01 b\n',
    });
    expect(status).toBe(1);
    expect(err.trimEnd().split('\n').sort()).toEqual([
      'odw.md: no test has a title that names DEMO-02',
      'test/ids-later.txt: DEMO-01 has a test: remove the line',
      'test/ids-later.txt: DEMO-03 is no id of odw.md or pandacode.md',
      'test/ids-later.txt: LATER-01 is no id of odw.md or pandacode.md',
      'test/ids-later.txt: PC-DEMO-01 stands there twice',
      'test/ids-later.txt: a line needs an id and a reason: DEMO-02',
    ]);
  });

  it('refuses a title with an id that no specification has, an id that stands there twice, and a missing specification', () => {
    const all = `it('DEMO-01 DEMO-02 PC-DEMO-01', () => {});`;
    expect(ids({ 'test/a.test.ts': `${all}\nit('DEMO-99 typo', () => {});` })).toMatchObject({
      status: 1,
      err: 'test/a.test.ts: a title names DEMO-99, which no specification has\n',
    });
    expect(ids({ 'test/a.test.ts': all, 'docs/spec/odw.md': '| DEMO-01 | a |\n| DEMO-01 | b |\n| DEMO-02 | c |\n' }).err).toBe(
      'odw.md: DEMO-01 stands there twice\n',
    );
    expect(ids({ 'test/a.test.ts': all, 'docs/spec/pandacode.md': 'nothing\n' }).err).toContain('docs/spec/pandacode.md: no ids found');
  });
});
