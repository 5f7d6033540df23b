import { readLiteral } from '../../script/literal.ts';
import { readSkills } from '../../skills/read-skills.ts';
import { propertyOf } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** Skills of a node that cannot be named so: the node would fail before it starts. Those of `meta` are refused with the script. */
export const skillsInvalid: Rule = {
  code: 'SKILLS_INVALID',
  severity: 'error',
  check({ nodes, valueOf }, report) {
    for (const { options } of nodes) {
      const given = propertyOf(options, 'skills');
      const literal = given && readLiteral(valueOf(given));
      const read = literal && readSkills(literal.value);
      if (read && 'problem' in read) report(given, read.problem);
    }
  },
};
