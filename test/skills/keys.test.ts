import { describe, expect, it } from 'vitest';
import { fingerprintOf, type NodeIdentity } from '../../src/keys/fingerprint.ts';
import { changedParts, partsOf } from '../../src/keys/parts.ts';
import { changedSkills } from '../../src/keys/skills-part.ts';
import { composePrompt } from '../../src/schema/compose-prompt.ts';
import { nodeIdentity } from '../support/node-identity.ts';

const node = nodeIdentity();
const [a, b] = [
  { id: 'no-casts', sha256: 'a'.repeat(64) },
  { id: 'our.rules', sha256: 'b'.repeat(64) },
];
const edited = { ...a, sha256: 'c'.repeat(64) };
const withSkills = (...skills: NonNullable<NodeIdentity['skills']>) => ({ ...node, skills });

describe('skills in the identity of a node', () => {
  it('KEY-03 EXPL-02 without skills it is what it was before there were any', () => {
    expect(fingerprintOf(node)).toBe('ff565206f7fe2853da0ac426869031ab09028c391acab16dc8f04076eaf5b83d');
    expect(partsOf(node)).toBe('21wewn9v401.wvjl67o803.jtpqxd3aox.29rgc2svwdi');
    expect(fingerprintOf({ ...node, skills: undefined })).toBe(fingerprintOf(node));
    expect(partsOf({ ...node, skills: undefined, inputs: 'x' })).toBe(partsOf({ ...node, inputs: 'x' }));
  });

  it('SKILL-03 EXPL-02 ids, texts and their order count', () => {
    const all = [
      node,
      withSkills(a),
      withSkills(edited),
      withSkills(a, b),
      withSkills(b, a),
      withSkills({ ...a, id: 'other' }),
      { ...withSkills(a), inputs: 'x' },
    ];
    expect(new Set(all.map(fingerprintOf)).size).toBe(all.length);
    expect(new Set(all.map(partsOf)).size).toBe(all.length);
  });

  it.each([
    ['edited', withSkills(a, b), withSkills(edited, b), ['no-casts edited']],
    ['the first ones', node, withSkills(a, b), ['no-casts added', 'our.rules added']],
    ['the last ones gone', withSkills(b), node, ['our.rules removed']],
    ['one for another', withSkills(a), withSkills(b), ['our.rules added', 'no-casts removed']],
    ['another order', withSkills(a, b), withSkills(b, a), ['another order']],
    ['with files beside them', { ...withSkills(a), inputs: 'x' }, { ...withSkills(edited), inputs: 'x' }, ['no-casts edited']],
  ])('EXPL-01 SKILL_CHANGED names which: %s', (_name, before, now, changes) => {
    const [old, current] = [partsOf(before), partsOf(now)];
    expect(changedParts(old, current)).toEqual(['skills']);
    expect(changedSkills(old, current)).toEqual(changes);
    expect(changedParts(current, current)).toEqual([]);
  });

  it('EXPL-01 files and skills are told apart', () => {
    expect(changedParts(partsOf({ ...node, inputs: 'x' }), partsOf(withSkills(a)))).toEqual(['inputs', 'skills']);
    expect(changedParts(partsOf(withSkills(a)), partsOf({ ...withSkills(a), inputs: 'x' }))).toEqual(['inputs']);
    expect(changedSkills(undefined, partsOf(withSkills(a)))).toEqual(['no-casts added']);
  });
});

describe('skills in the prompt', () => {
  const skills = [
    { id: 'no-casts', text: 'Write none.' },
    { id: 'our.rules', text: '- One\n- Two' },
  ];

  it('SKILL-02 each follows the prompt under its id, in order, before the contract of the schema', () => {
    const text = composePrompt({ prompt: 'Do it.', skills, schema: { type: 'object' } });
    expect(text).toMatch(
      /^Do it\.\n\nODW skills: .*\n\n\[skill: no-casts\]\nWrite none\.\n\n\[skill: our\.rules\]\n- One\n- Two\n\nODW final response contract:\n/,
    );
  });

  it('SKILL-02 without any the prompt is as it was', () => {
    expect(composePrompt({ prompt: 'Do it.', skills: [] })).toBe('Do it.');
    expect(composePrompt({ prompt: 'Do it.', skills: undefined })).toBe('Do it.');
  });
});
