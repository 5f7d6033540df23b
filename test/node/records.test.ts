import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../../activities/executor/node-files.ts';
import { readExecution } from '../../activities/run-node/read-execution.ts';
import { createStep, readSteps, stepDuration, type Step } from '../../activities/run-node/steps.ts';
import { runNode } from '../../activities/run-node/run-node.ts';
import { fixture, host, lines, request, tempDir, until } from './support.ts';

const step = (fields: Partial<Step> = {}): Step => ({
  number: 1,
  action: 'exec',
  round: 0,
  argv: ['true'],
  cwd: '/',
  dispatchId: 'd.1',
  startedMs: Date.now(),
  ...fields,
});

describe('files of a node', () => {
  it('an activity id that is no file name is cleaned, and stays distinct', () => {
    const name = (id: string) => nodeFiles('/run', id).dir.slice('/run/nodes/'.length);
    expect(name('abc.1.1')).toBe('abc.1.1');
    const odd = ['a/b', 'a b', '..', '', 'x'.repeat(300), `${'x'.repeat(300)}y`].map(name);
    expect(new Set(odd).size).toBe(odd.length);
    for (const one of odd) expect(one).toMatch(/^[A-Za-z0-9_.#@+=-]{1,120}$/);
    expect(name('..')).not.toMatch(/^\.+$/);
  });

  it('EXEC-08 prompt files differ per dispatch and are at most 200 bytes', async () => {
    const root = tempDir();
    const node = request(root, { label: '長い名前 🚀 '.repeat(60) + 'z'.repeat(300) });
    await Promise.all(['a.1.1', 'a.2.1'].map((activityId) => runNode(node, host(fixture('good.sh'), {}, { activityId }))));
    const prompts = readdirSync(node.runDir).filter((name) => name.endsWith('.prompt.md'));
    expect(prompts).toHaveLength(2);
    for (const name of prompts) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
  });

  it('SCH-04 SCH-05 the prompt file holds the retry block and the contract', async () => {
    const node = request(tempDir(), {
      schema: { name: 'thing', json: { type: 'object' } },
      attempt: 2,
      maxAttempts: 3,
      retry: { category: 'schema_mismatch', message: 'm', issues: ['$.a is required'], previousResult: {} },
    });
    await runNode(node, host(fixture('good.sh')));
    const prompt = readFileSync(
      join(
        node.runDir,
        readdirSync(node.runDir).find((name) => name.endsWith('.prompt.md'))!,
      ),
      'utf8',
    );
    expect(prompt).toMatch(/^Do it\.[^]*ODW retry context:[^]*\$\.a is required[^]*ODW final response contract:/);
  });

  it('EXEC-18 --schema-file names the node’s schema', async () => {
    const root = tempDir();
    const json = { type: 'object', properties: { seen: { type: 'string' } } };
    const node = request(root, { schema: { name: 's', json } });
    await runNode(node, host(fixture('args.sh'), { ODW_EXECUTOR_FEATURES: '--schema-file' }));
    const files = nodeFiles(node.runDir, 'abc.1.1');
    expect(JSON.parse(readFileSync(files.schema, 'utf8'))).toEqual(json);
    expect(readSteps(files.dir)[0]?.argv.slice(-2)).toEqual(['--schema-file', files.schema]);
  });

  it('a plan that two hosts make is the first one’s; one that is empty is replaced', () => {
    const dir = tempDir();
    expect(createStep(dir, step({ dispatchId: 'first' })).dispatchId).toBe('first');
    expect(createStep(dir, step({ dispatchId: 'second' })).dispatchId).toBe('first');
    writeFileSync(join(dir, '1', 'step.json'), '');
    expect(readSteps(dir)).toEqual([]);
    expect(createStep(dir, step({ dispatchId: 'third' })).dispatchId).toBe('third');
    expect(readSteps(dir).map((one) => one.dispatchId)).toEqual(['third']);
  });

  it('EXEC-10 a step’s duration ends with its last trace, not with the present', () => {
    const dir = tempDir();
    const planned = createStep(dir, step({ startedMs: Date.now() - 3_600_000 }));
    expect(stepDuration(dir, planned)).toBe(0);
    writeFileSync(join(dir, '1', 'out'), 'x');
    expect(stepDuration(dir, planned)).toBeGreaterThan(3_590_000);
    expect(stepDuration(dir, { ...planned, startedMs: Date.now() + 5000 })).toBe(0);
  });
});

describe('reading what a step left', () => {
  const setUp = (files: Record<string, string>) => {
    const dir = tempDir();
    const planned = createStep(dir, step({ cwd: dir }));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, '1', name), content);
    return readExecution(dir, planned, request(dir));
  };

  it('EXEC-18 takes the report file of this dispatch before stdout, and no other’s', () => {
    const out = '{"ok":true,"last_agent_message":"from stdout"}\n';
    expect(setUp({ code: '0 end\n', out, 'report.json': '{"ok":true,"dispatch_id":"d.1","last_agent_message":"filed"}' })?.report).toMatchObject({
      last_agent_message: 'filed',
    });
    expect(setUp({ code: '0 end\n', out, 'report.json': '{"ok":true,"dispatch_id":"other","last_agent_message":"filed"}' })?.report).toMatchObject({
      last_agent_message: 'from stdout',
    });
    expect(setUp({ code: '0 end\n', out, 'report.json': '{"ok":tr' })?.report).toMatchObject({ last_agent_message: 'from stdout' });
  });

  it('without an exit code only a filed report, or a whole line that says ok, is a result', () => {
    expect(setUp({ 'report.json': '{"ok":false,"dispatch_id":"d.1","exit_code":3}' })).toMatchObject({ exitCode: 3 });
    expect(setUp({ out: '{"ok":true,"state":"completed"}\n' })).toMatchObject({ exitCode: 0 });
    expect(setUp({ out: '{"ok":true,"state":"completed"}' })).toBeUndefined();
    expect(setUp({ out: '{"state":"running"}\n' })).toBeUndefined();
    expect(setUp({ out: 'half a' })).toBeUndefined();
    expect(setUp({ out: '{"ok":true}\n', code: '1' })).toMatchObject({ exitCode: 0 });
  });

  it.runIf(process.platform === 'linux')('empty output from before a new boot is no result', () => {
    const pid = `${readFileSync('/proc/self/stat', 'latin1').trim()}\nanother-boot\n`;
    expect(setUp({ code: '0 end\n', out: '', pid })).toBeUndefined();
    expect(setUp({ code: '0 end\n', out: '{"ok":true}\n', pid })).toBeDefined();
  });

  it('PARSE-04 reads the newest assistant message of the event log', () => {
    const dir = tempDir();
    const log = join(dir, 'events.jsonl');
    writeFileSync(log, '{"type":"x","data":{"last_assistant_message":"old"}}\n{"last_assistant_message":"new"}\n{"type":"end","last_assistant_message":""}\n');
    const report = { ok: true, state: 'completed', record: { artifacts: { event_log: log } } };
    expect(setUp({ code: '0 end\n', out: JSON.stringify(report) })?.loggedMessage).toBe('new');
  });
});

describe('raw reports', () => {
  it('PARSE-06 nodes that share a session name do not overwrite each other’s', async () => {
    const node = request(tempDir(), { session: 'shared' });
    const bins = ['good.sh', 'failed.sh', 'good.sh'];
    for (const [index, bin] of bins.entries()) await runNode(node, host(fixture(bin), {}, { activityId: `a.${index}` }));
    const read = (name: string) => JSON.parse(readFileSync(join(node.runDir, name), 'utf8')) as { ok: boolean };
    expect([read('pandacode-claude-shared.report.json').ok, read('pandacode-claude-shared.2.report.json').ok]).toEqual([true, false]);
  });

  it('PARSE-06 one that cannot be written is an event, not a failure', async () => {
    const node = request(tempDir(), { session: 'S' });
    mkdirSync(join(node.runDir, 'pandacode-claude-S.report.json'), { recursive: true });
    const outcome = await runNode(node, host(fixture('good.sh')));
    expect(outcome).toMatchObject({ status: 'ok', value: 'the answer' });
    expect(outcome.events).toEqual([{ type: 'panda_raw_report_error', runtime: 'claude', action: 'exec', message: expect.stringContaining('EISDIR') }]);
  });
});

describe('limits over rounds', () => {
  it('EXEC-10 later rounds get what is left of the limit', async () => {
    const root = tempDir();
    await runNode(request(root, { timeoutMs: 60_000 }), host(fixture('asks.sh'), { ODW_FIXTURE_DIR: root, ODW_FIXTURE_ASKS: '1' }));
    const given = lines(join(root, 'calls')).map((call) => Number(/--timeout-ms\|(\d+)\|/.exec(call)?.[1]));
    expect(given[0]).toBe(60_000);
    expect(given[1]).toBeLessThan(60_000);
    expect(given[1]).toBeGreaterThan(50_000);
  });
});

describe('stopping a foreign executor', () => {
  it('EXEC-12 asks it to stop the session, in the node’s directory', async () => {
    const root = tempDir();
    const own = host(fixture('counted.sh'), { ODW_FIXTURE_DIR: root });
    const running = runNode(request(root), own);
    await until(() => lines(join(root, 'starts')).length === 1);
    // The stop command of this fixture would wait as well; let it end.
    setTimeout(() => writeFileSync(join(root, 'go'), ''), 800);
    own.cancel('stop');
    expect(await running).toMatchObject({ failure: { category: 'cancelled' } });
    expect(lines(join(root, 'starts')).map((line) => line.split(' ')[1])).toEqual(['exec', 'stop']);
  });
});
