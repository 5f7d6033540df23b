import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { Project } from '../support/odw.ts';

let project: Project;
beforeAll(async () => {
  await ensureEngine();
  project = new Project();
});
afterAll(() => project.remove());

async function resultOf(name: string, source: string): Promise<{ code: number | null; value: unknown }> {
  const end = await project.odw(['exec', '--script', project.write(name, source), '--json']);
  return { code: end.code, value: JSON.parse(end.stdout) };
}

// Scripts as people and agents have written them: what each comes to through the built command.
const forms: [string, string, unknown][] = [
  ['a byte order mark and CRLF', '\uFEFFexport const meta = { name: "bom" };\r\nphase("A");\r\nconst r = await agent("x");\r\nreturn r.ok;\r\n', true],
  [
    'a shebang, comments and a directive before meta',
    '#!/usr/bin/env odw\n// one\n/* export const meta = { name: "no" } */\n"use strict";\nexport const meta = { name: "yes" };\nreturn meta.name;',
    'yes',
  ],
  ['a default export that is an arrow', 'export default async (input) => ({ got: input })', { got: null }],
  ['a default export by another name', 'const run = async (input) => ({ got: input });\nexport { run as default };', { got: null }],
  ['a default export that is a named function in parentheses', 'export default (async function named() { return named.name })', 'named'],
  ['an exported workflow before its meta', 'export async function workflow() { return 1 }\nexport const meta = { name: "w" };', 1],
  [
    'an async generator',
    'async function* batches(list, n) { for (let i = 0; i < list.length; i += n) yield list.slice(i, i + n) }\nconst out = [];\n' +
      'for await (const batch of batches([1, 2, 3, 4, 5], 2)) out.push(...(await parallel(batch.map((x) => () => agent("n" + x)))));\nreturn out.length;',
    5,
  ],
  [
    'braces and quotes in comments of meta',
    'export const meta = {\n  name: "tpl", // "}"\n  phases: [{ title: `A` }], /* } */\n}\nreturn meta.phases[0].title',
    'A',
  ],
  ['no semicolons', 'let x = 1\nexport const meta = { name: "asi" }\n;[1].forEach(() => { x++ })\nreturn x\n', 2],
  ['labels and loops without blocks', 'outer: for (const i of [1, 2]) for (;;) { if (i) continue outer }\ndo ; while (0)\nreturn [..."ab"]', ['a', 'b']],
  ['a function below the return', 'return helper();\nfunction helper() { return 1 }', 1],
  ['a line separator in a string', 'return "a\u2028b"', 'a\u2028b'],
  ['a bare return', 'return', null],
  [
    'a list of everything that an item can be',
    'return (await parallel([{ input: "x" }, () => { throw new Error("a") }, async () => { throw "b" }, () => undefined, () => 0, null, "text"])).map((one) => one?.ok ?? one)',
    [true, null, null, null, 0, null, null],
  ],
];

describe('scripts of all forms', () => {
  it.each(forms)('SCR-01 SCR-03 SCR-04 %s', async (_, source, value) => {
    expect(await resultOf('form.js', source)).toEqual({ code: 0, value });
  });

  const refused: [string, string, string][] = [
    ['an empty file', '', 'must export a default function'],
    ['a file of comments', '// nothing', 'must export a default function'],
    ['a class', 'export default class X {}', 'must export a default function'],
    ['a thrown text', 'throw "plain"', 'plain'],
    ['a thrown null', 'throw null', 'null'],
  ];
  it.each(refused)('SCR-05 SCR-06 CLI-12 %s fails and says why', async (_, source, message) => {
    expect(await resultOf('form.js', source)).toMatchObject({
      code: 1,
      value: { ok: false, error: { category: 'workflow_error', message: expect.stringContaining(message) as string } },
    });
  });

  it('AGENT-02 FILE-01 labels and ids of any text stay apart, in the state and in the report', async () => {
    const labels = [
      ' ',
      'a/b',
      '..',
      '../../etc',
      'ünï 漢字 🎉',
      'x'.repeat(400),
      'new\nline',
      '</script><b>',
      'end',
      'start',
      '"\'',
      '-dash',
      '%s',
      '__proto__',
      'constructor',
    ];
    const script = project.write(
      'labels.js',
      `return (await parallel(${JSON.stringify(labels)}.map((label) => () => agent('p', { label, id: label })))).every((one) => one.ok)`,
    );
    const end = await project.odw(['exec', '--script', script, '--json-envelope']);
    const envelope = JSON.parse(end.stdout) as { run_id: string; result: unknown; census: { ok: number } };
    expect(envelope).toMatchObject({ result: true, census: { ok: labels.length } });
    const done = project.events(envelope.run_id).filter((event) => event['type'] === 'agent_done');
    expect(done.map((event) => event['label']).sort()).toEqual([...labels].sort());
    expect(new Set(done.map((event) => event['key'])).size).toBe(labels.length);
    expect(Object.keys(project.state(envelope.run_id).agents)).toHaveLength(labels.length);
  });
});
