import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { payloadConverter } from '../../workflows/sandbox/payload-converter.ts';

const values: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'plain'],
  ['letters of one to four bytes', 'aä€😀\u0000\u007f\u0080\u07ff\u0800\uffff'],
  ['half a surrogate pair, at either end', '\udc00 middle \ud800'],
  ['a byte order mark in front', '\ufeffmarked'],
  ['an object', { a: [1, 2.5, -0, 1e300], b: { c: 'ü' }, d: undefined, e: null }],
  ['a date', new Date(0)],
  ['bytes', new Uint8Array([0, 255, 128])],
  ['a long text', 'aä€😀 '.repeat(50_000)],
];

describe('the payload converter of the sandbox', () => {
  it.each(values)('writes %s as the SDK does, byte for byte, and each reads what the other wrote', (_name, value) => {
    const [own, theirs] = [payloadConverter.toPayload(value), defaultPayloadConverter.toPayload(value)];
    const bytes = (payload: typeof own) => Buffer.from(payload?.data ?? []);
    expect(bytes(own).equals(bytes(theirs))).toBe(true);
    expect(own?.metadata).toEqual(theirs.metadata);
    expect(payloadConverter.fromPayload(theirs)).toEqual(defaultPayloadConverter.fromPayload(theirs));
    expect(defaultPayloadConverter.fromPayload(own)).toEqual(payloadConverter.fromPayload(own));
  });

  it.each([
    ['a cycle', cycle],
    ['a BigInt', () => 1n],
  ])('refuses %s as the SDK does', (_name, make) => {
    const refusal = (convert: () => unknown) => {
      try {
        return convert();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const value = make();
    expect(refusal(() => payloadConverter.toPayload(value))).toEqual(refusal(() => defaultPayloadConverter.toPayload(value)));
  });
});

function cycle(): object {
  const one: Record<string, unknown> = {};
  one['self'] = one;
  return one;
}
