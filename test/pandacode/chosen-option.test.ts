import { describe, expect, it } from 'vitest';
import { chosenOption } from '../../pandacode/run/chosen-option.ts';

describe('the choice of an answer', () => {
  it('PC-BAMBOO-20 --choice picks an option, or a numbered line of the question, from 1', () => {
    expect(chosenOption({ options: ['red', 'blue'] }, 2)).toBe('blue');
    expect(chosenOption({ question: 'Which?\n1. red\n2) blue one \n', context: 'c' }, 2)).toBe('blue one');
    expect(chosenOption({ question: 'Which?', context: '1. red\n2. blue' }, 1)).toBe('red');
  });

  it('PC-BAMBOO-20 a choice that nobody offered is a usage error that says what would do', () => {
    expect(() => chosenOption({ options: ['red', 'blue'] }, 3)).toThrow('--choice must be a number from 1 to 2; got 3');
    expect(() => chosenOption({ question: 'Version 2. or 3.?' }, 1)).toThrow('answer with --text');
    expect(() => chosenOption(undefined, 1)).toThrow('answer with --text');
  });
});
