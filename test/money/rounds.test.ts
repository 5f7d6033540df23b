import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rounds, sessionCount } from '../../activities/run-node/rounds.ts';
import type { NodeRequest } from '../../schemas/node.ts';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'odw-rounds-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const request = () => ({ root, runDir: join(root, 'run'), session: 's', runtime: 'codex', model: 'm' }) as NodeRequest;
const rounds = (before = sessionCount(request())) => new Rounds(request(), { ODW_HOME: join(root, 'home') }, before);
const told = (input: number, output: number, more: object = {}) => ({ usage: { cumulative: true, input, output, total_tokens: input + output }, ...more });

describe('rounds of a dispatch', () => {
  it('MONEY-01 MONEY-02 figures over the whole conversation are differenced, tokens and money, over rounds and dispatches', () => {
    const first = rounds();
    first.add(told(100, 10, { total_cost_usd: 1 }));
    first.add(told(250, 30, { total_cost_usd: 1.5 }));
    const kinds = { cachedInput: 0, cacheWrite: 0, reasoning: 0 };
    expect(first.used(true)).toEqual({ tokens: 280, outputTokens: 30, usage: { input: 250, output: 30, ...kinds }, cost: { usd: 1.5, basis: 'measured' } });
    // The next dispatch goes on in that session.
    const second = rounds();
    second.add(told(400, 50, { total_cost_usd: 1.75 }));
    expect(second.used(true)).toEqual({ tokens: 170, outputTokens: 20, usage: { input: 150, output: 20, ...kinds }, cost: { usd: 0.25, basis: 'measured' } });
    expect(sessionCount(request())).toMatchObject({ tokens: 450, usd: 1.75 });
  });

  it('MONEY-01 a host that takes the same rounds up again comes to the same figures', () => {
    const before = sessionCount(request());
    const look = () => {
      const again = rounds(before);
      again.add(told(100, 10));
      again.add(told(250, 30));
      return again.used(true);
    };
    expect(look()).toEqual(look());
  });

  it('MONEY-02 what an executor used that died without a word is unknown, unless a later report of its conversation counts it', () => {
    const died = rounds();
    died.lost();
    died.add({ total_cost_usd: 0.25, usage: { input_tokens: 10, output_tokens: 5 } });
    expect(died.used(true)).toMatchObject({ outputTokens: null, cost: null });
    const counted = rounds();
    counted.add(told(100, 10, { total_cost_usd: 1 }));
    counted.lost();
    counted.add(told(200, 20, { total_cost_usd: 2 }));
    expect(counted.used(true)).toMatchObject({ tokens: 220, cost: { usd: 2, basis: 'measured' } });
  });

  it('MONEY-01 an executor that began to count anew is taken at its word', () => {
    const first = rounds();
    first.add(told(1000, 10));
    const anew = rounds();
    anew.add(told(200, 5));
    expect(anew.used(true)).toMatchObject({ tokens: 205, usage: { input: 200, output: 5 } });
  });

  it('MONEY-01 MONEY-02 other figures add up; what nobody told stays unknown, and what never started cost nothing', () => {
    const plain = rounds();
    plain.add({ usage: { input: 10, output: 1 }, total_cost_usd: 0.1 });
    plain.add({ usage: { input: 20, output: 2, total_tokens: 22 }, total_cost_usd: 0.2 });
    expect(plain.used(true)).toMatchObject({ tokens: 33, usage: { input: 30 }, cost: { usd: 0.3, basis: 'measured' } });
    plain.add({ usage: { total_tokens: 7 } });
    expect(plain.used(true)).toEqual({ tokens: 40, outputTokens: null, usage: null, cost: null });
    plain.drop();
    expect(plain.used(true).cost).toEqual({ usd: 0.3, basis: 'measured' });
    expect(rounds().used(true)).toEqual({ tokens: null, outputTokens: null, usage: null, cost: null });
    expect(rounds().used(false).cost).toEqual({ usd: 0, basis: 'measured' });
  });
});
