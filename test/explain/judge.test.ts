import { describe, expect, it } from 'vitest';
import { judgeNodes, textsOfNewInput, type Judged } from '../../src/explain/judge.ts';
import { Matcher } from '../../src/explain/matcher.ts';
import type { MetNode, OldNode } from '../../src/explain/nodes.ts';
import { valueTexts } from '../../src/explain/value-texts.ts';

const old = (index: number, change: Partial<OldNode> = {}): OldNode => ({
  key: `k${index}`,
  label: `agent-${index}`,
  phase: '',
  index,
  parts: `p${index}.s.m.o`,
  fingerprint: `f${index}`,
  tokens: 10 * index,
  state: 'done',
  value: `answer ${index}`,
  ...change,
});
const met = (index: number, change: Partial<MetNode> = {}): MetNode => ({
  key: `n${index}`,
  label: `agent-${index}`,
  phase: '',
  index,
  group: '',
  item: undefined,
  parts: `q${index}.s.m.o`,
  fingerprint: `g${index}`,
  prompt: `ask ${index}`,
  hit: false,
  seq: index * 10,
  doneSeq: index * 10 + 5,
  value: `answer ${index}`,
  ...change,
});
const hit = (index: number, change: Partial<MetNode> = {}) => met(index, { hit: true, key: `k${index}`, fingerprint: `f${index}`, ...change });
const judge = (nodes: MetNode[], change: Partial<Judged> = {}) =>
  judgeNodes({ met: nodes, old: [old(1), old(2), old(3)], stands: new Map(), asked: undefined, newInput: [], ...change }).map(
    ({ decision, reason, expected, tokens }) => [decision, reason, expected, tokens],
  );

describe('what a resume would do', () => {
  it('EXPL-01 names what changed of the node that it stands for', () => {
    const reason = (parts: string, change: Partial<Judged> = {}) => judge([met(1, { parts })], { stands: new Map([['n1', old(1)]]), ...change })[0];
    expect(reason('x.s.m.o')).toEqual(['rerun', 'PROMPT_CHANGED', false, 10]);
    expect(reason('p1.x.m.o')).toEqual(['rerun', 'SCHEMA_CHANGED', false, 10]);
    expect(reason('p1.s.x.o')).toEqual(['rerun', 'MODEL_CHANGED', false, 10]);
    expect(reason('p1.s.m.x')).toEqual(['rerun', 'OPTION_CHANGED', false, 10]);
    // The same is asked under another id.
    expect(reason('p1.s.m.o')).toEqual(['rerun', 'OPTION_CHANGED', false, 10]);
    expect(reason('x.s.m.o', { newInput: ['ask'] })).toEqual(['rerun', 'INPUT_CHANGED', false, 10]);
    expect(reason('p1.s.m.o.i')).toEqual(['rerun', 'INPUT_CHANGED', false, 10]);
    expect(reason('p1.s.m.o..own:1')).toEqual(['rerun', 'SKILL_CHANGED', false, 10]);
    expect(reason('p1.s.m.o', { asked: { keys: [], labels: ['agent-1'], phases: [] } })).toEqual(['rerun', 'ASKED', false, 10]);
    expect(reason('p1.s.m.o', { stands: new Map([['n1', old(1, { state: 'failed' })]]) })).toEqual(['rerun', 'PREV_FAILED', false, 10]);
    expect(reason('p1.s.m.o', { stands: new Map([['n1', old(1, { state: 'active' })]]) })?.slice(0, 2)).toEqual(['unknown', null]);
    expect(reason('x', { stands: new Map() })).toEqual(['rerun', 'NEW', false, 20]);
    expect(reason('x.s.m.o', { stands: new Map([['n1', old(1, { parts: undefined })]]) })?.slice(0, 2)).toEqual(['rerun', null]);
  });

  it('EXPL-01 calls a later node expected, and one that holds a changed answer unknown', () => {
    const first = met(1);
    const stands = new Map([['n1', old(1)]]);
    expect(judge([first, hit(2), hit(3, { prompt: 'join answer 1' })], { stands })).toEqual([
      ['rerun', 'PROMPT_CHANGED', false, 10],
      ['reuse', null, true, 0],
      ['unknown', 'UPSTREAM_CHANGED', false, 30],
    ]);
    // What was asked before the answer came, and the other items of the group, cannot hold it.
    expect(judge([{ ...first, doneSeq: 99 }, hit(2)], { stands })[1]).toEqual(['reuse', null, false, 0]);
    const item = (node: MetNode, n: number) => ({ ...node, group: 'g1', item: n });
    expect(judge([item(first, 0), item(hit(2, { prompt: 'answer 1' }), 1)], { stands })[1]).toEqual(['reuse', null, false, 0]);
    expect(judge([item(first, 0), item(hit(2), 0)], { stands })[1]).toEqual(['reuse', null, true, 0]);
  });

  it('EXPL-01 tells that an open run keeps what failed in it', () => {
    const failed = old(1, { state: 'failed', tokens: null });
    const failure = { status: 'failed' as const, value: null, isText: false, tokens: 0, taken: 'mock' as const, events: [] };
    const after = [met(1, { value: 'the failure' }), hit(2, { prompt: 'go on after the failure' })];
    const stands = (one: OldNode) => ({ stands: new Map([['n1', one]]) });
    expect(judge(after, stands(failed))).toEqual([
      ['rerun', 'PREV_FAILED', false, 20],
      ['unknown', 'UPSTREAM_CHANGED', false, 20],
    ]);
    expect(judge(after, stands({ ...failed, failure }))).toEqual([
      ['reuse', null, false, 0],
      ['reuse', null, false, 0],
    ]);
  });

  it('EXPL-01 says of what the earlier run was asked, and did not come to, that it is asked', () => {
    const stillAsked = { keys: [], labels: ['agent-1'], phases: [] };
    expect(judge([met(1), met(2)], { stillAsked }).map(([, reason]) => reason)).toEqual(['ASKED', 'NEW']);
    // It did come to this one.
    expect(judge([hit(1)], { stillAsked })[0]).toEqual(['reuse', null, false, 0]);
  });

  it('EXPL-01 gives the made-up answer of a new node as the cause further down', () => {
    const stands = new Map([['n2', old(2)]]);
    expect(judge([met(1, { value: 'made up' }), met(2, { prompt: 'sum of made up' })], { stands }).map(([, reason]) => reason)).toEqual([
      'NEW',
      'UPSTREAM_CHANGED',
    ]);
  });
});

describe('the earlier node that a node stands for', () => {
  const names = (matcher: Matcher, places: Pick<MetNode, 'key' | 'label' | 'phase' | 'index'>[]) => places.map((place) => matcher.take(place)?.key);
  const three = [old(1), old(2), old(3)];

  it('is the one with its key, then its label and phase, then its label', () => {
    const named = [old(1, { label: 'a', phase: 'P' }), old(2, { label: 'a', phase: 'Q' }), old(3, { label: 'b', phase: 'P' })];
    expect(names(new Matcher(named, []), [met(9, { key: 'k2', label: 'zzz' })])).toEqual(['k2']);
    expect(names(new Matcher(named, []), [met(9, { label: 'a', phase: 'Q' }), met(9, { label: 'b', phase: 'Q' }), met(9, { label: 'b', phase: 'Q' })])).toEqual(
      ['k2', 'k3', 'k1'],
    );
  });

  it('is that of the later run, where two stood at one place', () => {
    const both = [old(1, { key: 'first', label: 'a' }), old(2), old(1, { key: 'second', label: 'a' })];
    expect(names(new Matcher(both, []), [met(1, { label: 'a' }), met(1, { label: 'a' })])).toEqual(['second', 'first']);
  });

  it('is the one between the same reused neighbours', () => {
    expect(names(new Matcher(three, [hit(1), hit(3)]), [met(2)])).toEqual(['k2']);
    // One was put in first: all earlier ones are reused, and the new one stands for none.
    const shifted = [1, 2, 3].map((n) => ({ ...hit(n), index: n + 1 }));
    expect(names(new Matcher(three, shifted), [met(1)])).toEqual([undefined]);
    expect(names(new Matcher(three, [{ ...hit(1), index: 2 }]), [met(1), met(3), met(4), met(5)])).toEqual([undefined, 'k2', 'k3', undefined]);
  });

  it('is not one that another node names, whichever of them is asked for first', () => {
    const labelled = [old(1, { label: 'a' }), old(2, { label: 'b' }), old(3, { label: 'c' })];
    const places = [met(1, { label: 'new' }), met(2, { label: 'a' }), met(3, { label: 'also new' }), met(4, { key: 'k2', label: 'renamed' })];
    expect(names(new Matcher(labelled, [{ ...hit(3), index: 5 }], places), places)).toEqual([undefined, 'k1', undefined, 'k2']);
    // One that no other names is for whoever stands there.
    expect(names(new Matcher(labelled, [hit(1), hit(3)], [met(2, { label: 'renamed' })]), [met(2, { label: 'renamed' })])).toEqual(['k2']);
  });

  it('is the one at its place, while nothing is known', () => {
    expect(names(new Matcher(three, undefined), [met(2), met(2), met(7)])).toEqual(['k2', undefined, undefined]);
  });
});

describe('texts by which a value is found again', () => {
  it('are its strings, and it as JSON', () => {
    expect(valueTexts({ a: 'long enough', b: ['x', 3] })).toEqual(['{"a":"long enough","b":["x",3]}', 'long enough']);
    expect(valueTexts('  trimmed text ')).toEqual(['trimmed text']);
    expect(valueTexts(Array.from({ length: 50 }, (_, n) => `number ${n}`))).toHaveLength(20);
    expect(textsOfNewInput({ a: 'x', b: 7 }, { a: 'x', b: 8 })).toEqual(['{"a":"x","b":7}', '7']);
  });
});
