import type { AnyNode, DoWhileStatement, ForStatement, WhileStatement } from 'acorn';
import { full } from 'acorn-walk';
import type { Rule } from '../rule.ts';

/** A loop around agents whose end depends on what they answer alone: nothing counts its turns or looks at the budget. */
export const loopNoCap: Rule = {
  code: 'LOOP_NO_CAP',
  severity: 'hint',
  check({ program, nodesIn }, report) {
    full(program, (node) => {
      const loop = node;
      if (loop.type !== 'WhileStatement' && loop.type !== 'DoWhileStatement' && loop.type !== 'ForStatement') return;
      if (hasCap(loop) || nodesIn(loop.body).length === 0) return;
      report(loop, 'nothing but the answers of agents ends this loop: count its turns, or look at budget.remaining()');
    });
  },
};

function hasCap(loop: WhileStatement | DoWhileStatement | ForStatement): boolean {
  if (loop.test && isLimit(loop.test)) return true;
  let found = false;
  full(loop.body, (one) => {
    if (one.type === 'IfStatement' && isLimit(one.test) && leaves(one)) found = true;
  });
  return found;
}

// A comparison of sizes, or a look at the budget or at the length of a list.
function isLimit(test: AnyNode): boolean {
  let found = false;
  full(test, (one) => {
    if (one.type === 'BinaryExpression' && /^[<>]=?$/.test(one.operator)) found = true;
    if (one.type === 'Identifier' && one.name === 'budget') found = true;
    if (one.type === 'MemberExpression' && one.property.type === 'Identifier' && one.property.name === 'length') found = true;
    if (one.type === 'UpdateExpression') found = true;
  });
  return found;
}

function leaves(statement: AnyNode): boolean {
  let found = false;
  full(statement, (node) => {
    if (/^(Break|Return|Throw)Statement$/.test(node.type)) found = true;
  });
  return found;
}
