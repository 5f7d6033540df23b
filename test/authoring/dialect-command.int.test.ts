import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const named = "export const meta = { name: 'named', description: 'A test.', dialect: 'claude' };\n";
const body =
  "const r = await agent('x', { label: 'n', mockFail: true });\nreturn { r, causes: odw.failures().map((one) => one.error.category), args: typeof args };\n";

describe('the dialect through the built command', () => {
  it('DIAL-01 DIAL-03 DIAL-25 meta.dialect holds, --dialect wins, run.json names it, a resume keeps it', async () => {
    project = new Project({ 'named.js': named + body });
    const claude = await project.odw(['exec', '--script', 'named.js']);
    expect(claude).toMatchObject({ code: 0, stderr: expect.stringMatching(/^\[odw\] failed: n: mock forced failure[^\n]*\n$/) as string });
    expect(claude.stdout).toContain('[result] {"r":null,"causes":["mock_failed"],"args":"undefined"}');
    expect(project.run(claude.runId!)).toMatchObject({ dialect: 'claude' });

    const odw = await project.odw(['exec', '--script', 'named.js', '--dialect', 'odw']);
    expect(odw.stdout).toContain('[result] {"r":{"ok":false,');
    expect(odw.stdout).toContain('--dialect odw');
    expect(project.run(odw.runId!)).toMatchObject({ dialect: 'odw', dialect_flag: 'odw' });

    const resumed = await project.odw(['exec', '--resume', odw.runId!]);
    expect(project.run(resumed.runId!)).toMatchObject({ dialect: 'odw', resumed_from: odw.runId });
    expect((await project.odw(['exec', '--script', 'named.js', '--dialect', 'basic'])).code).toBe(2);
  });

  it('DIAL-05 a script of another form fails before any node', async () => {
    project = new Project({ 'a.js': body });
    const end = await project.odw(['exec', '--script', 'a.js', '--dialect', 'claude']);
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/\[workflow\] error .*a\.js:1:1: META_NOT_FIRST/);
    expect(project.events(end.runId!).map((event) => event['type'])).toEqual(['workflow_error']);
  });

  it('DIAL-15 definition files are found in the project', async () => {
    const script = "const r = await agent('Read.', { agentType: 'reader' });\nreturn [r.prompt_preview, await agent('x', { agentType: 'ghost' })];\n";
    project = new Project({ 'a.js': named + script });
    mkdirSync(join(project.dir, '.claude/agents'), { recursive: true });
    writeFileSync(join(project.dir, '.claude/agents/reader.md'), '---\nname: reader\nmodel: haiku\n---\nYou read.\n');
    const end = await project.odw(['exec', '--script', 'a.js', '--json']);
    expect(JSON.parse(end.stdout)).toEqual(['You read.\n\nRead.', null]);
  });
});
