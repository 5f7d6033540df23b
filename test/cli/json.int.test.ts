import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../temporal/engine/index.ts';
import { loadPrograms } from '../docs/commands.ts';
import { Project } from '../support/odw.ts';

interface Row {
  args: string;
  code: number;
  /** What an error is called, or a pattern of what the object has to have; absent: any value. */
  error?: string;
  has?: object;
}

const good = (args: string, has?: object): Row => ({ args, code: 0, ...(has ? { has } : {}) });
const bad = (args: string, error: string, code = 1): Row => ({ args, code, error });
const usage = (args: string): Row => bad(args, 'USAGE', 2);

// Every command, with good and bad input. One process each, in this order: the first run is what later ones look at.
const rows: Row[] = [
  good('exec --script good.js', { answer: 42 }),
  good('exec --script good.js --dry-run', { ok: true, dry_run: true, shell: expect.stringContaining('odw exec') }),
  good('report', { ok: true, run_id: expect.stringMatching(/^odw-exec-/), report: expect.stringMatching(/report\.html$/) }),
  good('report --script good.js', { ok: true, report: expect.stringMatching(/report\.html$/) }),
  bad('report --run nope', 'REPORT_FAILED'),
  usage('report --script good.js --run latest'),
  good('runs list', { runs_dir: expect.stringContaining('.odw') }),
  usage('runs list --limit some'),
  usage('runs list --status done'),
  good('runs show', { run: { status: 'completed' } }),
  bad('runs show nope', 'RUN_NOT_FOUND'),
  bad('runs show ../x', 'RUN_ID_INVALID'),
  bad('runs watch nope', 'RUN_NOT_FOUND'),
  good('runs rebuild latest', { status: 'completed' }),
  bad('runs rebuild nope', 'RUN_NO_HISTORY'),
  usage('runs rebuild'),
  bad('runs rm nope', 'OPTION_INVALID', 2),
  good('runs gc --dry-run', { dry_run: true }),
  usage('runs gc --min-age young'),
  good('runs cost', { run: expect.any(String), total: expect.any(Object) }),
  bad('runs cost nope', 'RUN_NOT_FOUND'),
  usage('runs gone'),
  good('resume latest', { answer: 42 }),
  bad('pause latest', 'RUN_CLOSED'),
  bad('pause nope', 'RUN_NOT_FOUND'),
  bad('unpause latest', 'RUN_CLOSED'),
  usage('unpause'),
  bad('stop latest', 'RUN_CLOSED'),
  usage('stop'),
  bad('limits latest', 'RUN_CLOSED'),
  good('status', { ok: true, status: 'completed' }),
  bad('status nope', 'RUN_NOT_FOUND'),
  usage('node stop latest'),
  usage('node restart latest'),
  usage('limits'),
  { args: 'doctor --pandacode-bin nowhere', code: 1, has: { ok: false, pandacode: { ok: false } } },
  usage('doctor --lives'),
  good('server start', { started: false, healthy: true }),
  usage('server start --port x'),
  usage('server stop --now'),
  good('server status', { healthy: true }),
  good('server logs -n 1', { lines: expect.any(Array) }),
  usage('server logs -n some'),
  usage('server install --from nowhere'),
  bad('schedule create nightly', 'SCHEDULE_INVALID', 2),
  bad('schedule create nightly --cron bad --script good.js', 'SCHEDULE_INVALID', 2),
  good('schedule list'),
  bad('schedule describe nope', 'SCHEDULE_NOT_FOUND'),
  bad('schedule pause nope', 'SCHEDULE_NOT_FOUND'),
  bad('schedule unpause nope', 'SCHEDULE_NOT_FOUND'),
  usage('schedule trigger nope --overlap sometimes'),
  usage('schedule backfill nope'),
  bad('schedule rm nope', 'SCHEDULE_NOT_FOUND'),
  usage('worker start --slots 0'),
  good('worker list'),
  good('skills list', { skills: expect.any(Array), folders: expect.any(Array) }),
  good('skills show no-casts', { id: 'no-casts', from: 'built-in' }),
  usage('skills list one'),
  bad('skills show nope', 'SKILL_UNKNOWN'),
  usage('skills show'),
  good('spec', { short_name: 'ODW' }),
  good('capabilities', { lifecycle: expect.anything() }),
  good('contract', { ok: true, name: 'contract', markdown: expect.stringContaining('agent(prompt, options)') }),
  good('guide', { ok: true, name: 'guide', markdown: expect.stringContaining('odw exec') }),
  good('skill', { ok: true, name: 'skill', markdown: expect.stringContaining('name: odw') }),
  good('lint good.js', { ok: true, findings: [] }),
  { args: 'lint wrong.js', code: 1, has: { ok: false, findings: [{ code: 'UNKNOWN_GLOBAL' }] } },
  bad('lint nope.js', 'SCRIPT_MISSING'),
  usage('lint'),
  good('init', { created: expect.any(Array) }),
  bad('init --path nowhere', 'INIT_FAILED'),
  usage('gone'),
];

// `odw exec` has had a shape of its own since 0.3.1 (CLI-12).
const execRows: Row[] = [
  bad('exec', 'script-required'),
  bad('exec --script nope.js', 'script-missing'),
  bad('exec --resume nope', 'run-not-found'),
  bad('resume nope', 'run-not-found'),
  bad('exec --path good.js --script good.js', 'option-invalid', 2),
  bad('exec --script .', 'script-missing'),
  bad('exec good.js', 'usage', 2),
  bad('exec --script good.js --input {"a":', 'input-not-json', 2),
  bad('exec --script good.js --input-file nope.json', 'input-unreadable'),
  bad('exec --script broken.js', 'workflow_error'),
  bad('exec --script throws.js', 'workflow_error'),
  bad('exec --script good.js --backend other', 'usage', 2),
  bad('exec --script good.js --sript x', 'usage', 2),
  bad('exec --script good.js --concurrency 0', 'usage', 2),
];

let project: Project;
// The first command that needs the server would say that it starts it.
beforeAll(async () => {
  await ensureEngine();
  project = new Project({
    'good.js': 'return { answer: 42 };',
    'wrong.js': 'return fetch("x");',
    'broken.js': 'const = 1;',
    'throws.js': 'throw new Error("no");',
  });
});
afterAll(() => project.remove());

// Commands that print one object a line as long as something happens, or that would end the server of all tests.
const noGoodRow = [
  'node stop',
  'node restart',
  'runs watch',
  'runs rm',
  'pause',
  'unpause',
  'stop',
  'limits',
  'doctor',
  'server stop',
  'server install',
  'worker start',
];

const leaves = (command: Command, above = ''): string[] =>
  command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child, `${above}${child.name()} `) : [`${above}${child.name()}`]));

describe('--json', () => {
  it('CMD-01 every command takes it, and is tried below with good and with bad input', async () => {
    const { odw } = await loadPrograms();
    const names = leaves(odw);
    expect(names.length).toBeGreaterThan(30);
    const find = (name: string) => name.split(' ').reduce((command, word) => command.commands.find((one) => one.name() === word)!, odw);
    expect(names.filter((name) => !find(name).options.some((option) => option.long === '--json'))).toEqual([]);
    const tried = (name: string, all: Row[]) => all.some(({ args }) => args === name || args.startsWith(`${name} `));
    const all = [...rows, ...execRows];
    expect(names.filter((name) => !tried(name, all))).toEqual([]);
    const succeeded = all.filter(({ code, has }) => code === 0 || has !== undefined);
    const takesBad = (name: string) => find(name).registeredArguments.length > 0 || find(name).options.some((option) => option.required);
    expect(names.filter((name) => !tried(name, succeeded) && !noGoodRow.includes(name) && !name.startsWith('schedule '))).toEqual([]);
    const failed = all.filter(({ error }) => error !== undefined);
    expect(names.filter((name) => takesBad(name) && !tried(name, failed))).toEqual([]);
  });

  it.each(rows)('CMD-01 CLI-02 odw $args', async ({ args, code, error, has }) => {
    const end = await project.odw([...args.split(' '), '--json']);
    expect({ code: end.code, lines: end.stdout.endsWith('\n') }).toEqual({ code, lines: true });
    // Throws unless stdout is exactly one JSON value.
    const value: unknown = JSON.parse(end.stdout);
    if (has !== undefined) expect(value).toMatchObject(has);
    if (error === undefined) return;
    expect(value).toMatchObject({ ok: false, code: error, message: expect.stringMatching(/\S/), next: expect.stringMatching(/\S/) });
    expect(end.stderr).toMatch(error === 'USAGE' ? /^error: / : /^$/);
  });

  it.each(execRows)('CLI-12 CMD-01 odw $args', async ({ args, code, error }) => {
    const end = await project.odw([...args.split(' '), '--json']);
    expect(end.code).toBe(code);
    expect(JSON.parse(end.stdout)).toMatchObject({ ok: false, error: { category: error, message: expect.stringMatching(/\S/) } });
    expect(end.stderr).toMatch(error === 'usage' ? /^error: / : /^$/);
  });
});
