import { readFailover } from '../../policy/failover.ts';
import { readLiteral } from '../../script/literal.ts';
import { propertyOf } from '../calls.ts';
import { metaOf } from '../meta-of.ts';
import type { Rule } from '../rule.ts';

/** A failover that makes no sense: nodes would wait, or go where nobody is. */
export const failoverInvalid: Rule = {
  code: 'FAILOVER_INVALID',
  severity: 'error',
  check({ program, valueOf }, report) {
    const given = propertyOf(metaOf(program), 'failover');
    const literal = given && readLiteral(valueOf(given));
    if (!literal) return;
    const problems: string[] = [];
    readFailover(literal.value, problems);
    for (const problem of problems) report(given, problem);
  },
};
