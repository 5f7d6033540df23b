import type { AnyNode, Expression, SpreadElement } from 'acorn';
import { withoutParens } from '../../script/literal.ts';
import type { Rule } from '../rule.ts';
import type { LintScript } from '../script.ts';

/** Promises in the list of parallel(): its elements are functions or objects; the agents would run, and their answers be lost. */
export const parallelItem: Rule = {
  code: 'PARALLEL_ITEM_NOT_FUNCTION',
  severity: 'error',
  check(script, report) {
    for (const { name, node } of script.calls) {
      const given = node.arguments[0];
      if (name !== 'parallel' || !given || given.type === 'SpreadElement') continue;
      const list = script.valueOf(given);
      const elements = list.type === 'ArrayExpression' ? list.elements : mapped(list);
      for (const element of elements) {
        if (element && isPromise(script, element)) report(element, 'parallel() takes functions, not promises: write () => agent(…)');
      }
    }
  },
};

// What the callback of `items.map(…)` gives, where it is an expression.
function mapped(list: Expression): (Expression | SpreadElement)[] {
  if (list.type !== 'CallExpression' || list.callee.type !== 'MemberExpression') return [];
  const { property } = list.callee;
  const callback = list.arguments[0];
  if (property.type !== 'Identifier' || property.name !== 'map' || callback?.type !== 'ArrowFunctionExpression' || !callback.expression) return [];
  return callback.async ? [callback] : [callback.body as Expression];
}

function isPromise({ calls }: LintScript, element: Expression | SpreadElement): boolean {
  const inner: AnyNode = element.type === 'SpreadElement' ? element : withoutParens(element);
  const asyncMapper = inner.type === 'ArrowFunctionExpression' && inner.async && inner.params.length > 0;
  return asyncMapper || calls.some(({ name, node }) => node === inner && name !== 'phase');
}
