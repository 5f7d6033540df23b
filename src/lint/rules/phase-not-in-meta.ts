import type { Expression } from 'acorn';
import { propertyOf } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** A phase that `meta.phases` does not list, though it lists others: often a misspelt title. */
export const phaseNotInMeta: Rule = {
  code: 'PHASE_NOT_IN_META',
  severity: 'hint',
  check({ meta, calls, nodes, valueOf }, report) {
    const titles = meta.phases.map(({ title }) => title);
    if (titles.length === 0) return;
    const look = (given: Expression | undefined): void => {
      const value = given && valueOf(given);
      if (value?.type !== 'Literal' || typeof value.value !== 'string' || titles.includes(value.value)) return;
      report(given as Expression, `meta.phases has no "${value.value}"; it lists ${titles.map((title) => `"${title}"`).join(', ')}`);
    };
    for (const { name, node } of calls) {
      const first = node.arguments[0];
      if (name === 'phase' && first && first.type !== 'SpreadElement') look(first);
      const options = node.arguments[name === 'parallel' ? 1 : 2];
      if ((name === 'parallel' || name === 'fanout') && options?.type === 'ObjectExpression') look(propertyOf(options, 'phase'));
    }
    for (const { options } of nodes) look(propertyOf(options, 'phase'));
  },
};
