import type { Expression } from 'acorn';
import { readMaxTurns } from '../../limits/max-turns.ts';
import { readLimits, readNodeLimits } from '../../limits/read-limits.ts';
import { readLiteral } from '../../script/literal.ts';
import { propertyOf } from '../calls.ts';
import { metaOf } from '../meta-of.ts';
import type { Rule } from '../rule.ts';

/** A limit with a name or a value that makes no sense: it would hold nothing back. */
export const limitsInvalid: Rule = {
  code: 'LIMITS_INVALID',
  severity: 'error',
  check({ program, nodes, valueOf }, report) {
    const look = (given: Expression | undefined, read: (value: unknown, problems: string[]) => unknown): void => {
      const literal = given && readLiteral(valueOf(given));
      if (!literal) return;
      const problems: string[] = [];
      read(literal.value, problems);
      for (const problem of problems) report(given, problem);
    };
    look(propertyOf(metaOf(program), 'limits'), readLimits);
    for (const { options } of nodes) {
      look(propertyOf(options, 'limits'), readNodeLimits);
      look(propertyOf(options, 'maxTurns'), readMaxTurns);
    }
  },
};
