import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runNode } from '../../activities/run-node/run-node.ts';
import { fixture, host, request, tempDir } from './support.ts';

describe('a node on an executor', () => {
  it('PARSE-01 AGENT-13 AGENT-16 BUD-03 AGENT-21 takes text, tokens and model from the last report line', async () => {
    const root = tempDir();
    const node = request(root);
    const outcome = await runNode(node, host(fixture('good.sh')));
    expect(outcome).toMatchObject({ status: 'ok', value: 'the answer', isText: true, tokens: 321, model: 'model-x', taken: 'started', events: [] });
    expect(outcome.report).toMatchObject({ ok: true, backend: 'pandacode', thread_id: 't-1', exit_code: 0, state: 'completed' });
  });

  it('PARSE-01 reads a pretty-printed report', async () => {
    expect(await runNode(request(tempDir()), host(fixture('pretty.sh')))).toMatchObject({ status: 'ok', value: 'pretty answer', tokens: null });
  });

  it('PARSE-02 a non-zero exit is never ok, even when the report says so', async () => {
    const outcome = await runNode(request(tempDir()), host(fixture('exit3-ok.sh')));
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'pandacode_failed' } });
    expect(outcome.failure?.message).toContain('code 3');
  });

  it('PARSE-01 output without a report is a failure with the tail of stderr', async () => {
    const outcome = await runNode(request(tempDir()), host(fixture('garbage.sh')));
    expect(outcome).toMatchObject({ status: 'failed', failure: { category: 'pandacode_failed' }, report: { exit_code: 4, stderr_tail: 'segment fault\n' } });
    expect(outcome.failure?.message).toContain('segment fault');
  });

  it('AGENT-17 a plain answer of an executor without a report is kept in full', async () => {
    const outcome = await runNode(request(tempDir()), host(fixture('plain.sh')));
    expect(outcome.status).toBe('ok');
    expect(outcome.value).toMatch(/^line 0 of a plain answer\n[^]*line 599 of a plain answer$/);
  });

  it('RUN-05 a silent exit 0 is empty_result, not success', async () => {
    expect(await runNode(request(tempDir()), host(fixture('silent.sh')))).toMatchObject({ status: 'failed', failure: { category: 'empty_result' } });
  });

  it('PARSE-05 keeps a structured category, and BUD-05 the tokens of a failed attempt', async () => {
    expect(await runNode(request(tempDir()), host(fixture('failed.sh')))).toMatchObject({
      status: 'failed',
      tokens: 7,
      failure: { category: 'codexctl_rate_limit', message: 'slow down', retryable: true, retry_after_ms: 1200, next_action: 'Wait.' },
    });
  });

  it('EXEC-08 PARSE-06 leaves one prompt file, the raw report and the outcome; a second call returns the outcome without a start', async () => {
    const root = tempDir();
    const node = request(root, { label: 'Näme / with spaces' });
    const first = await runNode(node, host(fixture('good.sh')));
    const second = await runNode(node, host(fixture('garbage.sh')));
    expect(second).toEqual({ ...first, taken: 'finished' });
    const names = readdirSync(node.runDir);
    const prompts = names.filter((name) => name.endsWith('.prompt.md'));
    expect(prompts).toHaveLength(1);
    expect(prompts[0]).toMatch(/^claude-N-me-with-spaces-\d+-[0-9a-f]{10}\.prompt\.md$/);
    expect(readFileSync(join(node.runDir, prompts[0]!), 'utf8')).toBe('Do it.');
    expect(JSON.parse(readFileSync(join(node.runDir, 'pandacode-claude-run-1-a-node-1-1.report.json'), 'utf8'))).toMatchObject({
      ok: true,
      record: { thread_id: 't-1' },
    });
    expect(existsSync(join(node.runDir, 'nodes', 'abc.1.1', 'outcome.json'))).toBe(true);
  });
});
