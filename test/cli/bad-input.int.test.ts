import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
afterEach(() => project.remove());

const runs = () =>
  existsSync(join(project.dir, '.odw/runs')) ? readdirSync(join(project.dir, '.odw/runs')).filter((name) => name.startsWith('odw-exec-')) : [];

describe('bad input has a clear error and leaves nothing behind', () => {
  it('CLI-06 a missing script, or none', async () => {
    project = new Project();
    const missing = await project.odw(['exec', '--script', 'nowhere.js']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain(`Error: workflow script does not exist: ${join(project.dir, 'nowhere.js')}`);
    const none = await project.odw(['exec']);
    expect(none.stderr).toContain('odw exec requires --script unless --resume points to a prior exec run');
    expect(none.code).toBe(1);
    expect(readdirSync(project.dir)).toEqual([]);
  });

  it('SCR-05 a syntax error shows place and caret; only the failed run stays, and no server is asked', async () => {
    project = new Project({ 'bad.js': 'const a = 1;\nconst b = ;\n' });
    const end = await project.odw(['exec', '--script', 'bad.js'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/bad\.js:2:11: [^\n]*\n\s*const b = ;\n\s+\^/);
    expect(end.stderr).toMatch(/^Error: ODW script exited with status exit status: 1; journal: .*events\.jsonl$/m);
    expect(runs()).toHaveLength(1);
    const runId = runs()[0] as string;
    expect(project.run(runId)).toMatchObject({ status: 'failed', temporal_run_id: null });
    expect(project.state(runId).error?.message).toContain('bad.js:2:11');
    expect(project.records(runId).map((record) => record['type'])).toEqual(['launch', 'script_stream', 'exit']);
  });

  it('SCR-07 a banned construct', async () => {
    project = new Project({ 'ban.js': `const fs = require('node:fs');\nreturn 1` });
    const end = await project.odw(['exec', '--script', 'ban.js']);
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/ban\.js:1:12: .*uses disallowed require; ODW workflow scripts may only orchestrate agents/);
  });

  it('SCR-08 a prompt that mentions require( and eval( is fine', async () => {
    project = new Project({ 'ok.js': `// import x from 'y'\nreturn (await agent("why is require('x') and eval(y) bad?")).ok` });
    expect((await project.odw(['exec', '--script', 'ok.js', '--json'])).stdout).toBe('true\n');
  });

  it('CLI-02 an unknown flag, command or value is a usage error', async () => {
    project = new Project({ 'a.js': 'return 1' });
    for (const args of [
      ['exec', '--script', 'a.js', '--nonsense'],
      ['nonsense'],
      ['exec', '--backend', 'other'],
      ['exec', '--input', '1', '--input-file', 'x'],
      ['exec', '--concurrency', '0'],
      ['exec', '--max-agents', '6000'],
    ]) {
      const end = await project.odw(args);
      expect([args, end.code]).toEqual([args, 2]);
      expect(end.stderr).toMatch(/^error: /im);
    }
    expect(readdirSync(project.dir)).toEqual(['a.js']);
  });

  it('CLI-02 a script without its flag is told where it goes; a time limit that is none is named', async () => {
    project = new Project({ 'a.js': 'return 1' });
    const bare = await project.odw(['exec', 'a.js']);
    expect([bare.code, bare.stdout]).toEqual([2, '']);
    expect(bare.stderr).toContain('(a script is passed with --script FILE)');
    const typo = await project.odw(['exec', '--script', 'a.js', '--timeout', '10m']);
    expect(typo.code).toBe(0);
    expect(typo.stderr).toContain('[odw] --timeout 10m is no number of seconds above 0: nodes have no time limit');
    for (const none of ['none', 'unlimited', '0'])
      expect((await project.odw(['exec', '--script', 'a.js', '--timeout', none])).stderr).not.toContain('--timeout');
  });

  it('broken JSON input is refused; text stays text (META-04)', async () => {
    project = new Project({ 'a.js': 'return input' });
    const broken = await project.odw(['exec', '--script', 'a.js', '--input', '{"a": 1,}']);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain('the input looks like JSON but cannot be parsed');
    expect(runs()).toHaveLength(0);
    expect((await project.odw(['exec', '--script', 'a.js', '--json', '--input', 'just text'])).stdout).toBe('"just text"\n');
    expect((await project.odw(['exec', '--script', 'a.js', '--json', '--input', '{"a":[1]}'])).stdout).toBe('{"a":[1]}\n');
    expect((await project.odw(['exec', '--script', 'a.js', '--json'])).stdout).toBe('null\n');
    expect((await project.odw(['exec', '--script', 'a.js', '--input-file', 'nope.json'])).stderr).toContain('Error: read nope.json');
  });

  it('PROC-07 input over a megabyte works', async () => {
    project = new Project({ 'a.js': 'return [input.text.length, (await agent(input.text)).ok]' });
    project.write('big.json', JSON.stringify({ text: 'ä'.repeat(2_000_000) }));
    const end = await project.odw(['exec', '--script', 'a.js', '--input-file', 'big.json', '--json']);
    expect(end).toMatchObject({ code: 0, stdout: '[2000000,true]\n', stderr: '' });
    expect(readFileSync(join(project.runDir(runs()[0] as string), 'input.raw'), 'utf8')).toHaveLength(2_000_011);
    expect(readFileSync(join(project.runDir(runs()[0] as string), 'history.json'), 'utf8').length).toBeLessThan(100_000);
  });

  it('WT-01 COMPAT-02 worktree isolation outside a git repository', async () => {
    project = new Project({ 'a.js': `return await agent('x', { isolation: 'worktree' })` });
    const { stdout, stderr } = await project.odw(['exec', '--script', 'a.js']);
    expect(stderr).toContain(`isolation:'worktree' requires ${project.dir} to be a git repository. Make ${project.dir} a git repository with a first commit`);
    expect(stderr).toContain('or leave out isolation: "worktree"');
    expect(stdout).not.toContain('completed');
  });

  it('PROC-11 an unreachable server is named, and no run is claimed', async () => {
    project = new Project({ 'a.js': 'return 1' });
    const end = await project.odw(['exec', '--script', 'a.js'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('127.0.0.1:9');
    expect(end.stdout).toBe('');
    expect(runs()).toHaveLength(0);
  });

  it('CLI-07 a run id that is none, and no run at all', async () => {
    project = new Project();
    expect((await project.odw(['exec', '--resume', '../x'])).stderr).toContain('invalid run id (must be a single run directory name): ../x');
    expect((await project.odw(['exec', '--resume', 'latest'])).stderr).toContain(`read ${join(project.dir, '.odw/runs/latest.json')}`);
    mkdirSync(join(project.dir, '.odw/runs/empty'), { recursive: true });
    expect((await project.odw(['exec', '--resume', 'empty'])).code).toBe(1);
  });

  it('CLI-10 --dry-run prints the command and starts nothing', async () => {
    project = new Project({ 'a b.js': 'return 1' });
    const end = await project.odw(['exec', '--script', 'a b.js', '--dry-run', '--model', 'm', '--budget', '5'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expect(end.code).toBe(0);
    expect(end.stdout).toContain(`--script '${join(project.dir, 'a b.js')}' --backend mock --model m --effort low --timeout none`);
    expect(readdirSync(project.runDir(runs()[0] as string))).toEqual(['input.raw']);
  });
});
