import type { AnyNode, Expression } from 'acorn';
import { full } from 'acorn-walk';
import { withoutParens } from '../../script/literal.ts';
import { groupNames, type CallSite } from '../calls.ts';
import type { Rule } from '../rule.ts';

/** Two groups after each other, where the second only takes up the first one's results item by item: every item waits for the slowest. */
export const barrierNotNeeded: Rule = {
  code: 'BARRIER_NOT_NEEDED',
  severity: 'hint',
  check({ program, calls }, report) {
    const uses = countNames(program);
    const groups = calls.filter(({ name }) => groupNames.includes(name));
    for (const { node, name } of groups) {
      const given = node.arguments[0];
      if (name === 'pipeline' || !given || given.type === 'SpreadElement') continue;
      const source = itemsOf(given, name === 'fanout');
      const first = source && groups.find((group) => declaredName(group) === source && group.node.end < node.start);
      // Named at its declaration and here, and nowhere else: nothing needs all the results at once.
      if (first && uses.get(source) === 2)
        report(node, `each item waits for the slowest of ${source} before it goes on: one pipeline(items, first, second) does the same without the wait`);
    }
  },
};

// The variable that a group's results are kept in: `const found = await parallel(…)`.
function declaredName({ ancestors }: CallSite): string | undefined {
  const outer = ancestors.slice(0, -1).filter((node) => node.type !== 'ParenthesizedExpression');
  const declarator = outer.at(-2);
  return outer.at(-1)?.type === 'AwaitExpression' && declarator?.type === 'VariableDeclarator' && declarator.id.type === 'Identifier'
    ? declarator.id.name
    : undefined;
}

// The list that is mapped one by one: `found.map(…)`, `found.filter(Boolean).map(…)`; for fanout also `found` itself.
function itemsOf(expression: Expression, mayBeBare: boolean): string | undefined {
  const node = withoutParens(expression);
  if (node.type === 'Identifier') return mayBeBare ? node.name : undefined;
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || node.callee.object.type === 'Super') return undefined;
  const { object, property } = node.callee;
  const method = property.type === 'Identifier' ? property.name : '';
  if (method === 'map') return itemsOf(object, true);
  return method === 'filter' ? itemsOf(object, mayBeBare) : undefined;
}

function countNames(program: AnyNode): Map<string, number> {
  const counts = new Map<string, number>();
  const seen = new Set<AnyNode>();
  full(program, (one) => {
    if (one.type !== 'Identifier' || seen.has(one)) return;
    seen.add(one);
    counts.set(one.name, (counts.get(one.name) ?? 0) + 1);
  });
  return counts;
}
