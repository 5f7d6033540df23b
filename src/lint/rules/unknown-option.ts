import { agentOptionNames } from '../../script/agent-options.ts';
import { plainKey } from '../../script/literal.ts';
import type { Rule } from '../rule.ts';

const ofObjects = new Set(['prompt', 'input']);

/** An option of agent() that has no effect. */
export const unknownOption: Rule = {
  code: 'UNKNOWN_OPTION',
  severity: 'hint',
  check({ nodes }, report) {
    for (const { node, options } of nodes) {
      for (const property of options?.properties ?? []) {
        const name = property.type === 'Property' ? plainKey(property) : undefined;
        if (name === undefined || agentOptionNames.has(name)) continue;
        if (node === options && ofObjects.has(name)) continue;
        const near = [...agentOptionNames].find((known) => isNear(known.toLowerCase(), name.toLowerCase()));
        report(property, `agent() has no option "${name}", it has no effect${near ? `; did you mean "${near}"?` : ''}`);
      }
    }
  },
};

// One letter too many, too few, changed, or two letters swapped.
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return (left.length <= 1 && right.length <= 1) || (left.length === 2 && left === [...right].reverse().join(''));
}
