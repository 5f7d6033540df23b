import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Scenario } from '../support/fake-llm/fake-llm.mjs';
import { cli, run, useFakeVendor, withSchema } from './claude-cli.ts';

useFakeVendor();

describe.skipIf(!cli)('the claude CLI and schemas', () => {
  it('PC-CLAUDE-22 PC-SCHEMA-02 takes the value of the CLI’s own channel', async () => {
    const { ws, flags } = withSchema();
    const { code, report } = await run({ turns: [{ json: { ok: true } }] }, flags, {}, ws);
    expect(code).toBe(0);
    expect(report.structured_output).toEqual({ ok: true });
    expect(report.last_agent_message).not.toBe('');
  });

  it('PC-SCHEMA-07 a value {"ok":false} that matches is a success', async () => {
    const { ws, flags } = withSchema();
    expect(await run({ turns: [{ json: { ok: false } }] }, flags, {}, ws)).toMatchObject({ code: 0, report: { ok: true, structured_output: { ok: false } } });
  });

  it.each([
    ['an array', { type: 'array', items: { type: 'number' } }, { result: [1, 2] }, [1, 2]],
    [
      '2020-12 with tuples',
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { pair: { type: 'array', prefixItems: [{ type: 'number' }, { $ref: '#/$defs/s' }] } },
        required: ['pair'],
        $defs: { s: { type: 'string' } },
      },
      { pair: [1, 'x'] },
      { pair: [1, 'x'] },
    ],
  ])('PC-SCHEMA-01 %s as a schema', async (_, value, sent, received) => {
    const { ws, flags } = withSchema(value);
    expect((await run({ turns: [{ json: sent }] }, flags, {}, ws)).report).toMatchObject({ ok: true, structured_output: received });
  });

  it('PC-SCHEMA-04 prose is repaired in the same session, and all turns are counted', async () => {
    const { ws, flags } = withSchema();
    const repaired: Scenario = { turns: [{ text: 'prose' }, { text: 'prose again' }, { json: { ok: true } }] };
    const { report } = await run(repaired, flags, {}, ws);
    expect(report).toMatchObject({ ok: true, structured_output: { ok: true } });
    const events = readFileSync(report.artifacts.event_log, 'utf8');
    expect(events).toContain('"schema.repair"');
    expect(report.usage.input).toBeGreaterThanOrEqual(300);
  });

  it('PC-CLAUDE-20 PC-SCHEMA-06 a schema that is never honoured is a mismatch with its problems', async () => {
    const { ws, flags } = withSchema();
    const { code, report } = await run({ turns: [{ text: '{"ok":"yes"}' }] }, [...flags, '--schema-repairs', '1'], {}, ws);
    expect(code).toBe(1);
    expect(report).toMatchObject({
      state: 'failed',
      error: { category: 'schema_mismatch', retryable: true, issues: ['$.ok must be boolean'] },
      rejected_output: { ok: 'yes' },
    });
    expect(report.structured_output).toBeUndefined();
  });

  it('PC-CLAUDE-20 wrong five times in the CLI is a mismatch too', async () => {
    const { ws, flags } = withSchema();
    const { report } = await run({ turns: [{ json: { ok: 1 } }] }, [...flags, '--schema-repairs', '0'], {}, ws);
    expect(report.error.category).toBe('schema_mismatch');
  });

  it('PC-SCHEMA-04 a reply in the error-feedback shape is blocked, not repaired', async () => {
    const { ws, flags } = withSchema({ type: 'object', required: ['answer'] });
    const reply = {
      ok: false,
      origin: { phase: 'p', agent: 'a' },
      error: { category: 'no_access', message: 'no access to the tracker' },
      feedback: { retryable: false, user_message: 'u', next_action: 'Grant access.' },
    };
    const { report } = await run({ turns: [{ text: JSON.stringify(reply) }] }, flags, {}, ws);
    expect(report).toMatchObject({
      ok: false,
      state: 'blocked',
      error: { category: 'blocked', message: 'no access to the tracker', feedback: reply.feedback },
      rejected_output: reply,
    });
  });
});
