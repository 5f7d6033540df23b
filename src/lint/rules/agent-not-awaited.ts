import { full } from 'acorn-walk';
import { withoutParens } from '../../script/literal.ts';
import type { Rule } from '../rule.ts';

/** A node or group whose promise nobody takes: the run may end before it, and its answer is lost. `void agent(…)` says that this is meant. */
export const agentNotAwaited: Rule = {
  code: 'AGENT_NOT_AWAITED',
  severity: 'error',
  check({ program, calls, nodes }, report) {
    for (const { name, node, ancestors } of calls) {
      const outer = ancestors.slice(0, -1).findLast((one) => one.type !== 'ParenthesizedExpression');
      if (name !== 'phase' && outer?.type === 'ExpressionStatement') report(node, `nobody waits for this ${name}(): put await before it, or keep its promise`);
    }
    full(program, (one) => {
      if (one.type !== 'CallExpression' || one.callee.type !== 'MemberExpression' || one.callee.property.type !== 'Identifier') return;
      const callback = one.arguments[0];
      if (one.callee.property.name !== 'forEach' || !callback || callback.type === 'SpreadElement') return;
      const called = withoutParens(callback);
      const isAsync = (called.type === 'ArrowFunctionExpression' || called.type === 'FunctionExpression') && called.async;
      if (isAsync && nodes.some((site) => site.node.start > called.start && site.node.end <= called.end))
        report(one.callee.property, 'forEach does not wait for agents: use parallel, fanout, or a for…of loop with await');
    });
  },
};
