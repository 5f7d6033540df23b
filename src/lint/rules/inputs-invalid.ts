import { readPatterns } from '../../inputs/patterns.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { readLiteral } from '../../script/literal.ts';
import { propertyOf } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** Files of a node that cannot be named so: the node would fail before it starts. Whether they are there shows in the run. */
export const inputsInvalid: Rule = {
  code: 'INPUTS_INVALID',
  severity: 'error',
  check({ nodes, valueOf }, report) {
    for (const { options } of nodes) {
      const given = propertyOf(options, 'inputs');
      const literal = given && readLiteral(valueOf(given));
      if (!literal || literal.value === null) continue;
      const read = readInputs(literal.value);
      // Where the project lies is not known here.
      const patterns =
        'patterns' in read
          ? readPatterns(
              read.patterns.map((text) => text.replace(/^(!?)\/+/, '$1')),
              [],
            )
          : undefined;
      const problem = 'problem' in read ? read.problem : patterns?.ok === false ? `inputs: ${patterns.message}` : undefined;
      if (problem !== undefined) report(given, problem);
    }
  },
};
