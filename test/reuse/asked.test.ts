import { describe, expect, it } from 'vitest';
import { readAsked } from '../../cli/exec/asked.ts';
import { withInherited, type Earlier } from '../../cli/exec/earlier.ts';
import { nearNames } from '../../src/near.ts';

const result = (label: string, phase: string, index: number, fingerprint = label) => ({ fingerprint, value: label, tokens: 1, label, phase, index });
const earlier: Earlier = {
  reuse: {
    nodes: { 'agent:1': result('alpha', 'Scan', 1), id: result('beta', 'Scan', 2), 'agent:2': result('omega', 'End', 4) },
    checkpoints: {},
    spent: 3,
    approx: false,
  },
  failed: [{ key: 'agent:3', label: 'gamma', phase: 'Join', index: 3 }],
  active: [],
};

describe('nodes that are to run again', () => {
  it('EXPL-01 are named by label, key or the word failed', () => {
    expect(readAsked({}, earlier, [])).toBeUndefined();
    expect(readAsked({ rerun: ['alpha', 'id', 'agent:2', 'failed'] }, earlier, [])).toEqual({
      keys: ['id', 'agent:2', 'agent:3'],
      labels: ['alpha'],
      phases: [],
    });
  });

  it('EXPL-01 are those of a phase and of the phases after it', () => {
    expect(readAsked({ fromPhase: 'Join' }, earlier, [])?.phases).toEqual(['Join', 'End']);
    expect(readAsked({ fromPhase: 'Join' }, earlier, ['End', 'Join', 'More'])?.phases).toEqual(['Join', 'More', 'Scan']);
  });

  it('unknown names are refused with those that come near', () => {
    expect(() => readAsked({ rerun: ['alpa'] }, earlier, [])).toThrow('--rerun "alpa": the resumed run has no such node; did you mean "alpha"?');
    expect(() => readAsked({ rerun: ['something else'] }, earlier, [])).toThrow('there are "alpha", "beta", "omega", "gamma", "id"');
    expect(() => readAsked({ fromPhase: 'scan' }, earlier, [])).toThrow('--from-phase "scan": the resumed run has no such phase; did you mean "Scan"?');
    expect(nearNames('verfy', ['verify', 'scan', 'verify-db'])).toEqual(['verify']);
  });
});

describe('what a run inherits', () => {
  const own = (nodes: Earlier['reuse']['nodes']): Earlier => ({ reuse: { nodes, checkpoints: { a: 1 }, spent: 9, approx: false }, failed: [], active: [] });

  it('RES-04 is taken over; its own results win, and those they replace stay at hand', () => {
    const { reuse } = withInherited(own({ id: result('beta', 'Scan', 2, 'new') }), {
      ...earlier.reuse,
      older: [{ key: 'id', ...result('beta', 'Scan', 2, 'first') }],
    });
    expect(Object.keys(reuse.nodes)).toEqual(['agent:1', 'id', 'agent:2']);
    expect(reuse.nodes['id']?.fingerprint).toBe('new');
    expect(reuse.older?.map(({ fingerprint }) => fingerprint)).toEqual(['beta', 'first']);
    expect(reuse).toMatchObject({ spent: 9, checkpoints: { a: 1 } });
  });

  it('does not hold the same result twice', () => {
    expect(withInherited(own({ id: result('beta', 'Scan', 2) }), earlier.reuse).reuse.older).toBeUndefined();
  });

  it('EXPL-01 leaves out what was asked to run again and did not come to it', () => {
    const again = { keys: [], labels: ['alpha'], phases: ['End'] };
    expect(Object.keys(withInherited(own({}), { ...earlier.reuse, again }).reuse.nodes)).toEqual(['id']);
    expect(withInherited(own({}), { ...earlier.reuse, again }).reuse.again).toBeUndefined();
  });
});
