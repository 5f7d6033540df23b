import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import { commandNames } from '../../cli/commands/info.ts';
import { readPackageFile } from '../../cli/package-files.ts';
import { contractText, guideText, skillText } from '../../src/guide/assemble.ts';
import { capabilitiesInfo } from '../../src/info/capabilities.ts';
import { specInfo } from '../../src/info/spec.ts';
import { compileScript } from '../../src/script/compile.ts';
import { allFlags, commandsIn, loadPrograms, problemOf } from '../docs/commands.ts';
import { codeSpansOf, fencesOf, repository } from '../docs/markdown.ts';

let programs: Record<'odw' | 'pandacode', Command>;
let texts: Record<string, string>;
let spec: Record<string, any>;
let capabilities: Record<string, any>;
beforeAll(async () => {
  programs = await loadPrograms();
  const commands = commandNames(programs.odw);
  spec = specInfo({ version: pkg.version, typesDts: readPackageFile('types/odw.d.ts'), commands }) as Record<string, any>;
  capabilities = capabilitiesInfo({ commands }) as Record<string, any>;
  texts = {
    guide: guideText(readPackageFile),
    contract: contractText(readPackageFile),
    skill: skillText(readPackageFile),
    spec: JSON.stringify({ ...spec, types_dts: '' }, null, 2),
    capabilities: JSON.stringify(capabilities, null, 2),
  };
});

describe('spec and capabilities', () => {
  it('INFO-01 spec has the fields that programs read', () => {
    expect(spec).toMatchObject({ name: 'Open Dynamic Workflow', short_name: 'ODW', version: pkg.version });
    expect(Object.keys(spec)).toEqual(
      expect.arrayContaining(['types_dts', 'compatibility_target', 'script_contract', 'lifecycle', 'agent_types', 'extension_points']),
    );
    const names =
      'language entrypoint metadata input log phase prompt_slot agent agent_bridge codex budget checkpoint parallel fanout pipeline schema_retry prompt_style error_feedback limits';
    expect(Object.keys(spec['script_contract'])).toEqual(names.split(' '));
    expect(spec['script_contract'].limits).toMatchObject({ max_concurrent_agents: 16, max_agents_per_run: 1000, workflow_script_io: expect.any(String) });
    expect(spec['types_dts']).toBe(readFileSync(join(repository, 'types/odw.d.ts'), 'utf8'));
  });

  it('INFO-02 capabilities has its fields', () => {
    expect(Object.keys(capabilities)).toEqual(['primary_user', 'runtime', 'optional_integration', 'agent_bridge', 'lifecycle', 'composition']);
    const parts = 'exec watch pause_resume stop restart_agent save remove evidence observability spec error_feedback'.split(' ');
    expect(Object.keys(capabilities['lifecycle']).sort()).toEqual(parts.sort());
    expect(Object.keys(capabilities['composition'])).toEqual(['parallel', 'fanout', 'pipeline', 'schemas', 'observability', 'agent_types']);
  });

  it('INFO-03 the agent types are the known labels', () => {
    const names = 'orchestrator codex-coder researcher security-reviewer test-runner failure-analyst verifier synthesizer'
      .split(' ')
      .map((name) => `odw-${name}`);
    expect(spec['agent_types'].map((type: { name: string }) => type.name)).toEqual(names);
    expect(capabilities['composition'].agent_types).toEqual(names);
  });

  it('INFO-04 a part of the life cycle without a command is null', () => {
    const none = capabilitiesInfo({ commands: ['exec', 'runs list'] }) as { lifecycle: Record<string, string | null> };
    expect(none.lifecycle).toMatchObject({ exec: 'odw exec', stop: null, pause_resume: null, observability: 'odw runs list' });
    expect(commandNames(programs.odw)).toEqual(expect.arrayContaining(['exec', 'runs list', 'spec']));
    expect(commandNames(programs.odw)).not.toContain('runs');
  });
});

describe('guide, contract and skill', () => {
  it('INFO-03 the guide has the installation check, the API, patterns, running and what goes wrong', () => {
    for (const part of ['# Guide', 'odw doctor', '## Patterns', '## Scripts', '### agent(prompt, options)', '## Schemas', '## Command line', 'goes wrong most'])
      expect(texts['guide']).toContain(part);
    expect(texts['contract']).toMatch(/^# Authoring contract/);
    expect(texts['contract']).toContain('## Sandbox');
    expect(texts['skill']).toMatch(/^---\nname: odw\ndescription: .{40,1024}\n---\n\n# Guide/);
  });

  it('is one text without links to other files', () => {
    for (const name of ['guide', 'contract', 'skill']) expect(texts[name]).not.toMatch(/\]\((?!https?:)[^)]*\)/);
  });

  it('shows scripts that load', async () => {
    const scripts = fencesOf(texts['guide']!).filter(({ language }) => language === 'js');
    expect(scripts.length).toBeGreaterThanOrEqual(4);
    for (const { code } of scripts) await compileScript({ path: 'guide.js', source: code });
  });

  it('INFO-03 a page that lost its section is noticed', () => {
    expect(() => guideText((path) => (path === 'docs/sandbox.md' ? '# Sandbox\n' : readPackageFile(path)))).toThrow('What it has not');
    expect(() => readPackageFile('docs/gone.md')).toThrow(/docs\/gone.md is missing/);
  });
});

// What a text shows as code: fences and spans of markdown, the strings of JSON.
function codesOf(text: string): string[] {
  if (text.startsWith('{')) return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].flatMap((match) => match[1]!.split(', '));
  const fences = fencesOf(text).filter(({ language }) => language !== 'js');
  return [...fences.map(({ code }) => code), ...codeSpansOf(text)];
}

function brokenCommands(text: string): string[] {
  return codesOf(text)
    .flatMap((code) => commandsIn(code))
    .flatMap(({ program, words, shown }) => {
      const problem = problemOf(programs[program], words);
      return problem === undefined ? [] : [`${shown}: ${problem}`];
    });
}

describe('INFO-04 the texts name only what exists', () => {
  // Flags of git that the page on worktrees names.
  const foreign = new Set(['--index', '--binary', '--graph']);

  it.each(['guide', 'contract', 'skill', 'spec', 'capabilities'])('%s', (name) => {
    const text = texts[name]!;
    const commands = codesOf(text).flatMap((code) => commandsIn(code));
    if (name !== 'contract') expect(commands.length).toBeGreaterThan(5);
    expect(brokenCommands(text)).toEqual([]);
    const known = new Set([...allFlags(programs.odw), ...allFlags(programs.pandacode), ...foreign]);
    const flags = [...text.matchAll(/(?<=[\s`(])--[a-z][\w-]*/g)].map((match) => match[0]);
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
    const paths = [...text.matchAll(/\b(?:docs|examples|types)\/[\w./-]+\.(?:md|js|ts)\b/g)].map((match) => match[0]);
    expect(paths.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

  it('a command that is gone is found', () => {
    expect(brokenCommands('Run `odw evidence show` now.')).toHaveLength(1);
    expect(brokenCommands('{"exec": "odw exec, odw fly"}')).toHaveLength(1);
  });
});
