import { describe, expect, it } from 'vitest';
import { composePrompt } from '../../src/schema/compose-prompt.ts';
import { isErrorFeedback } from '../../src/schema/error-feedback.ts';

const schema = { type: 'object', required: ['größe'], properties: { größe: { type: 'number' } } };
const retry = { category: 'schema_mismatch', message: 'reply does not match', issues: ['$.a is required', '$.b must be string'], previousResult: { a: 1 } };

describe('composePrompt', () => {
  it('is the prompt alone without schema and retry', () => {
    expect(composePrompt({ prompt: 'Do it.\n' })).toBe('Do it.\n');
  });

  it('SCH-04 appends the contract: heading, purpose, one JSON value, error feedback, schema with two spaces', () => {
    const text = composePrompt({ prompt: 'Do it.', schema, schemaName: 'schemas/size.json', purpose: 'feeds the report' });
    expect(text.startsWith('Do it.\n\nODW final response contract:\n')).toBe(true);
    expect(text).toContain('Purpose of the final reply: feeds the report');
    expect(text).toMatch(/exactly one JSON value that matches the schema "schemas\/size\.json"/);
    expect(text).toMatch(/No code fence/);
    expect(text.endsWith(JSON.stringify(schema, null, 2))).toBe(true);
    const shape = JSON.parse(/^ {2}(\{"ok".*)$/m.exec(text)![1]!) as unknown;
    expect(isErrorFeedback(shape)).toBe(true);
  });

  it('SCH-03 the purpose is optional', () => {
    expect(composePrompt({ prompt: 'p', schema })).not.toContain('Purpose');
    expect(composePrompt({ prompt: 'p', schema })).toContain('"inline schema"');
  });

  it('SCH-05 on a retry a block precedes the contract', () => {
    const text = composePrompt({ prompt: 'Do it.', schema, retry, attempt: 2, maxAttempts: 3 });
    const block = text.indexOf('\n\nODW retry context:\n');
    expect(block).toBe('Do it.'.length);
    expect(text.indexOf('ODW final response contract:')).toBeGreaterThan(block);
    for (const line of [
      'Previous attempt: 1/3',
      'Failure category: schema_mismatch',
      'Failure message: reply does not match',
      '- $.a is required',
      '- $.b must be string',
      '{"a":1}',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/same task again/);
  });

  it('SCH-05 the previous result is cut at 6000 characters, never inside one', () => {
    const text = composePrompt({ prompt: 'p', retry: { ...retry, issues: [], previousResult: '😀'.repeat(7000) }, attempt: 3, maxAttempts: 3 });
    const line = text.split('\n').find((one) => one.endsWith('...<truncated>'))!;
    expect([...line.slice(0, -'...<truncated>'.length)]).toHaveLength(6000);
    expect(line).not.toMatch(/\p{Surrogate}/u);
    expect(text).toContain('Previous attempt: 2/3');
    expect(text).not.toContain('Schema issues');
  });

  it('boolean schemas have a contract too', () => {
    expect(composePrompt({ prompt: 'p', schema: true }).endsWith('\ntrue')).toBe(true);
  });
});
