import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findSkill } from '../../activities/skills/find-skill.ts';
import { listSkills } from '../../activities/skills/list-skills.ts';
import { loadSkill } from '../../activities/skills/load-skill.ts';
import { compileScript } from '../../src/script/compile.ts';
import { builtInSkills } from '../../src/skills/built-in.ts';
import { firstLine } from '../../src/skills/first-line.ts';
import { readSkills } from '../../src/skills/read-skills.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'odw-skills-'));
  root = join(folder, 'project');
  vi.stubEnv('ODW_HOME', join(folder, 'home'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
function write(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const named = ['no-casts', 'test-driven', 'minimal-diff', 'strict-types', 'security-first', 'performance-aware', 'docs-required', 'backward-compat'];

describe('where a skill is found', () => {
  it.each(named)('SKILL-01 %s is built in: a short text that says what to do', async (id) => {
    const found = await findSkill(root, id);
    expect(found).toEqual({ id, from: 'built-in', text: builtInSkills.get(id) });
    const lines = found!.text.split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(5);
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(firstLine(found!.text)).toBe(lines[0]);
  });

  it('SKILL-01 no other is', () => expect([...builtInSkills.keys()].sort()).toEqual(named.toSorted()));

  it('SKILL-01 the project comes before the folder of the user, and that before the built-in ones', async () => {
    write('home/skills/no-casts.md', 'Of the user.');
    write('home/skills/own.rules_2.md', 'Own.');
    expect(await findSkill(root, 'no-casts')).toMatchObject({ from: 'user', text: 'Of the user.', path: join(folder, 'home/skills/no-casts.md') });
    write('project/.odw/skills/no-casts.md', 'Of the project.');
    expect(await findSkill(root, 'no-casts')).toMatchObject({ from: 'project', text: 'Of the project.' });
    expect(await findSkill(root, 'own.rules_2')).toMatchObject({ from: 'user', text: 'Own.' });
    write('project/.odw/skills/notes.txt', 'no skill');
    write('project/.odw/skills/two words.md', 'no skill');
    expect(await listSkills(root)).toEqual([...named, 'own.rules_2'].sort());
  });

  it('SKILL-03 line ends, a byte order mark and white space around a text are no part of it', async () => {
    const plain = 'One.\nTwo.';
    const hashes = [];
    for (const text of [plain, `\uFEFF${plain}`, `${plain}\n\n`, plain.replace('\n', '\r\n')]) {
      write('project/.odw/skills/own.md', text);
      const loaded = await loadSkill({ root, id: 'own' });
      expect(loaded).toMatchObject({ ok: true, from: 'project', text: plain });
      hashes.push(loaded.ok && loaded.sha256);
    }
    expect(new Set(hashes).size).toBe(1);
    write('project/.odw/skills/own.md', 'One.\nThree.');
    expect(hashes).not.toContain(((await loadSkill({ root, id: 'own' })) as { sha256: string }).sha256);
  });

  it('SKILL-03 an unknown one is told with the places and those that there are', async () => {
    write('project/.odw/skills/own.md', 'Own.');
    const { message } = (await loadSkill({ root, id: 'no-cast' })) as { message: string };
    expect(message).toMatch(/^SKILL_UNKNOWN: there is no skill "no-cast"; did you mean "no-casts"\?/);
    for (const part of [join(root, '.odw/skills/no-cast.md'), join(folder, 'home/skills/no-cast.md'), 'own', ...named]) expect(message).toContain(part);
  });

  it.each([
    ['an empty file', ' \n', /it is empty/],
    ['a file that is too large', 'x'.repeat(65_537), /it has 65537 bytes, and 65536 is the most/],
  ])('SKILL-03 %s is refused by name, and no other is taken for it', async (_name, text, why) => {
    write('project/.odw/skills/no-casts.md', text);
    const loaded = await loadSkill({ root, id: 'no-casts' });
    expect(loaded).toMatchObject({ ok: false, message: expect.stringMatching(why) as string });
    expect(loaded).toMatchObject({ message: expect.stringContaining(join(root, '.odw/skills/no-casts.md')) as string });
  });

  it('SKILL-03 a folder in place of the file is refused', async () => {
    mkdirSync(join(root, '.odw/skills/no-casts.md'), { recursive: true });
    expect(await loadSkill({ root, id: 'no-casts' })).toMatchObject({ ok: false, message: expect.stringContaining('it is no file') as string });
  });

  it('SKILL-01 an id never leads out of the folders', async () => {
    write('project/secret.md', 'no');
    for (const id of ['../../secret', '..', '.', '', 'a/b', 'a\\b', 'constructor', '__proto__']) expect(await findSkill(root, id)).toBeUndefined();
  });
});

describe('how skills are named', () => {
  it.each([
    [undefined, []],
    [null, []],
    [[], []],
    ['no-casts', ['no-casts']],
    [
      ['b', 'a', 'b'],
      ['b', 'a'],
    ],
    [['A.b_c-9'], ['A.b_c-9']],
  ])('SKILL-01 %j are %j', (given, ids) => expect(readSkills(given)).toEqual({ ids }));

  it.each([[['a', 'b c']], [['../a']], ['a/b'], [['']], [[1]], [7], [true], [{ a: 1 }], [['ä']], [['x'.repeat(101)]], [['a\n']], [[null]]])(
    'SKILL-01 %j are none',
    (given) => {
      expect(readSkills(given)).toEqual({ problem: expect.stringMatching(/^skills must be a list of ids such as .*, got /) as string });
    },
  );

  it('SKILL-01 those of meta are read from the script, and refused with their place', async () => {
    const metaOf = async (skills: string) =>
      (await compileScript({ path: 'a.js', source: `export const meta = { name: 'a', skills: ${skills} };\nreturn 1;` })).meta;
    expect((await metaOf("['minimal-diff', 'own', 'own']")).skills).toEqual(['minimal-diff', 'own']);
    expect((await metaOf("'own'")).skills).toEqual(['own']);
    for (const none of ['[]', 'null', 'undefined']) expect(await metaOf(none)).not.toHaveProperty('skills');
    await expect(metaOf("['no casts']")).rejects.toThrow(/a\.js:1:\d+: meta\.skills must be a list of ids .* got \["no casts"\]/);
    await expect(metaOf('{ a: 1 }')).rejects.toThrow('meta.skills must be');
  });

  it('SKILL-03 the first line is the first that says something', () => {
    expect(firstLine('---\n\n## Be brief.\nMore.')).toBe('Be brief.');
    expect(firstLine('- One\n- Two')).toBe('One');
    expect(firstLine('***')).toBe('');
  });
});
