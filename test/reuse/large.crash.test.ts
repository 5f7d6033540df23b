import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../support/odw.ts';

let project: Project;
let home: string;
afterEach(async () => {
  await project.odw(['server', 'stop'], { ODW_HOME: home });
  project.remove();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const script = `const all = await Promise.all(Array.from({ length: 50 }, (_, n) => agent('node ' + n, { label: 'n' + n })));
return all.map((one) => typeof one === 'string' ? one.length : one.error?.category ?? 'ran');`;
const size = 60_000;

/** A closed run whose fifty results have 3 MB together, as its folder tells. */
async function largeRun(env: NodeJS.ProcessEnv): Promise<string> {
  const { runId } = await project.odw(['exec', '--script', 'a.js', '--no-report'], env);
  const dir = project.runDir(runId as string);
  const state = project.state(runId as string);
  for (const [n, node] of Object.values(state.agents).entries()) node.result = `${n} `.repeat(size).slice(0, size);
  writeFileSync(join(dir, 'state.json'), JSON.stringify(state));
  rmSync(join(dir, 'history.json'));
  // A server that never knew the run: its results come from state.json.
  await project.odw(['server', 'stop'], env);
  rmSync(join(home, 'server'), { recursive: true, force: true });
  return runId as string;
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const blobs = () => {
  const folder = join(home, 'blobs');
  return readdirSync(folder).flatMap((name) => (/^[0-9a-f]{2}$/.test(name) ? readdirSync(join(folder, name)).map((file) => join(folder, name, file)) : []));
};
const types = (runId: string) => project.events(runId).map((event) => event['type']);

describe('large results', () => {
  it('RES-04 PROC-07 are fetched when a node asks for them; one that is damaged fails its node alone, is never paid again unasked, and heals', async () => {
    project = new Project({ 'a.js': script });
    home = mkdtempSync(join(tmpdir(), 'odw-home-'));
    const env = { ODW_HOME: home };
    const first = await largeRun(env);

    // Takes over, and asks for nothing.
    project.write('a.js', `throw new Error('early')`);
    const second = (await project.odw(['exec', '--resume', first, '--no-report'], env)).runId as string;
    const held = blobs().filter((path) => readFileSync(path).includes(Buffer.from('17 17 17 17')));
    expect(held).toHaveLength(1);
    const [path] = held as [string];
    const sound = readFileSync(path);
    writeFileSync(path, 'damaged');

    project.write('a.js', script);
    const third = await project.odw(['exec', '--resume', second, '--no-report', '--json'], env);
    expect(third.code, third.stderr).toBe(0);
    const lengths = JSON.parse(third.stdout) as unknown[];
    expect(lengths.filter((one) => one === 'reuse_unreadable')).toHaveLength(1);
    expect(lengths.filter((one) => one === size)).toHaveLength(49);
    const runs = readdirSync(join(project.dir, '.odw', 'runs')).filter((name) => name.startsWith('odw-exec-resume-'));
    const last = runs.sort().at(-1) as string;
    expect(types(last)).not.toContain('agent_start');
    const failed = Object.values(project.state(last).failedAgents)[0];
    expect(failed?.label).toBe('n17');
    expect(JSON.stringify(failed?.result)).toMatch(/its earlier result cannot be read: blob [0-9a-f]{64} is damaged.*To pay for it again: --rerun/);

    // Asked for, it is paid again, alone.
    const again = await project.odw(['exec', '--resume', last, '--no-report', '--rerun', 'n17'], env);
    expect(again.code, again.stderr).toBe(0);
    expect(types(again.runId as string).filter((type) => type === 'agent_start')).toHaveLength(1);

    // Healed, it is reused.
    writeFileSync(path, sound);
    expect(sha256(sound)).toBe(path.replace(/^.*[/\\]/, ''));
    const healed = await project.odw(['exec', '--resume', last, '--no-report'], env);
    expect(project.state(healed.runId as string).result).toEqual(Array.from({ length: 50 }, () => size));
    expect(types(healed.runId as string)).not.toContain('agent_start');
    await expectRebuilt(healed.runId as string);
  }, 240_000);

  it('RES-04 are still there when the run goes on in a new execution after it fetched them', async () => {
    const more = `${script.slice(0, script.indexOf('return'))}for (let n = 0; n < 30; n++) await agent('new ' + n);\nreturn all.map((one) => one.slice(0, 8));`;
    project = new Project({ 'a.js': script });
    home = mkdtempSync(join(tmpdir(), 'odw-home-'));
    const first = await largeRun({ ODW_HOME: home });
    project.write('a.js', more);
    const env = { ODW_HOME: home, ODW_CONTINUE_AFTER_EVENTS: '30' };
    const second = await project.odw(['exec', '--resume', first, '--no-report'], env);
    expect(second.code, second.stderr).toBe(0);
    const runId = second.runId as string;
    expect(project.state(runId).result).toEqual(Array.from({ length: 50 }, (_, n) => `${n} `.repeat(8).slice(0, 8)));
    const starts = historyOf(runId).events[0]?.workflowExecutionStartedEventAttributes;
    expect(starts?.continuedExecutionRunId, 'it went on in a new execution').toMatch(/./);
    await expectRebuilt(runId);
  }, 240_000);
});

/** The journal can be made again from history: what was fetched is part of it. */
async function expectRebuilt(runId: string): Promise<void> {
  const told = () => project.events(runId).map(({ type, key, result }) => `${String(type)} ${String(key)} ${sha256(JSON.stringify(result ?? null))}`);
  const whole = told();
  rmSync(join(project.runDir(runId), 'events.jsonl'));
  expect((await project.odw(['runs', 'rebuild', runId], { ODW_HOME: home })).code).toBe(0);
  expect(told()).toEqual(whole);
}

function historyOf(runId: string): { events: { workflowExecutionStartedEventAttributes?: { continuedExecutionRunId?: string } }[] } {
  return JSON.parse(readFileSync(join(project.runDir(runId), 'history.json'), 'utf8')) as ReturnType<typeof historyOf>;
}
